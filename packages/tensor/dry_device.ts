import type { Device } from "./backend.ts";
import { type DeviceChoice, openAs, type OpenDeviceOptions } from "./device.ts";
import type { Storage } from "./device_array.ts";
import { type DType, storageBytes } from "./dtype.ts";
import { hostArray } from "./host_array.ts";
import { countingWork } from "./dry_work.ts";
import type { Kernels } from "./kernels.ts";

/** A device that only counts memory and work. */
export interface DryDevice extends Device {
  /** Always true. */
  readonly dry: true;
  /** Bytes that the device can hold at most; infinite if it does not say. */
  readonly capacityBytes: number;
  /**
   * Operations of matrix products, convolutions and attention so far, forward, 2
   * for each multiplication with its sum.
   */
  readonly work: number;
  /** Begins to look for the most bytes of tensors anew, not for those held. */
  resetPeak(): void;
}

/**
 * A device that allocates and frees tensors but has no values: parameters load
 * from their headers alone, and operations compute nothing.
 *
 * @returns The device, which counts the bytes of tensors.
 *
 * @example Usage
 * ```ts
 * import { dryDevice, matmul, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * const device = dryDevice();
 * const a = new Tensor(device, [4096, 3072]);
 * const b = new Tensor(device, [3072, 12288], "bf16");
 * matmul(a, b); // [4096, 12288]
 * assert.equal(device.memory.tensors, 3);
 * assert.equal(device.memory.bytes, 4 * 4096 * (3072 + 12288) + 2 * 3072 * 12288);
 * ```
 */
export function dryDevice(): DryDevice {
  const counted = { tensors: 0, bytes: 0, peakBytes: 0, peakHeldBytes: 0 };
  return dry({
    kind: "cpu",
    name: "dry",
    kernels: computeNothing(),
    get memory() {
      return { ...counted, heldBytes: counted.bytes };
    },
    allocate(dtype, length): Storage {
      const sizeBytes = storageBytes(dtype, length);
      counted.tensors++;
      counted.bytes += sizeBytes;
      counted.peakBytes = Math.max(counted.peakBytes, counted.bytes);
      counted.peakHeldBytes = Math.max(counted.peakHeldBytes, counted.bytes);
      return { sizeBytes };
    },
    release({ sizeBytes }): void {
      counted.tensors--;
      counted.bytes -= sizeBytes;
    },
    [Symbol.dispose]() {},
  }, {
    capacityBytes: Infinity,
    resetPeak() {
      counted.peakBytes = counted.bytes;
    },
  });
}

/**
 * Opens a device that counts what another would hold: {@linkcode openDevice}'s
 * own allocator and the scratch memory of its own kernels, without memory and
 * without computing.
 *
 * @param choice Which device, as for {@linkcode openDevice}.
 * @param options As for {@linkcode openDevice}.
 * @returns The device, owned by the caller, who disposes of it.
 *
 * @throws {DeviceError} If `"webgpu"` is asked for and there is no adapter.
 *
 * @example Usage
 * ```ts
 * import { matmul, openDryDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDryDevice("cpu", { threads: 1 });
 * const a = new Tensor(device, [4096, 3072]);
 * const b = new Tensor(device, [3072, 12288], "bf16");
 * matmul(a, b); // [4096, 12288]
 * const { bytes, peakBytes } = device.memory;
 * assert.ok(peakBytes > bytes); // b was there in panels, too
 * ```
 */
export async function openDryDevice(
  choice: DeviceChoice = "auto",
  options: OpenDeviceOptions = {},
): Promise<DryDevice> {
  return await openAs(choice, options, {
    async cpu(options) {
      const { dryCpuDevice } = await import("./cpu/dry.ts");
      const { MAX_BYTES: capacityBytes } = await import("./cpu/heap.ts");
      const { device, kernels, resetPeak } = dryCpuDevice(options);
      const counted = counting(device, computeNothing(kernels));
      return dry(counted, { capacityBytes, resetPeak });
    },
    async webgpu(adapter, options) {
      const { openWebGpuDevice } = await import("./webgpu/device.ts");
      const { dryAdapter } = await import("./webgpu/dry_adapter.ts");
      const device = await openWebGpuDevice(dryAdapter(adapter), options);
      return dry(counting(device, device.kernels), {
        capacityBytes: Infinity,
        resetPeak() {
          device.memory.peakBytes = device.memory.bytes;
        },
      });
    },
  });
}

type Counted = Pick<
  Device,
  | "kind"
  | "name"
  | "kernels"
  | "memory"
  | "allocate"
  | "release"
  | typeof Symbol.dispose
>;

/** The part of a device that counts. */
function counting(device: Device, kernels: Kernels): Counted {
  return {
    kind: device.kind,
    name: device.name,
    kernels,
    get memory() {
      return device.memory;
    },
    allocate: (dtype, length) => device.allocate(dtype, length),
    release: (storage) => device.release(storage),
    [Symbol.dispose]: () => device[Symbol.dispose](),
  };
}

/** A device without values. */
function dry(
  device: Counted,
  more: Pick<DryDevice, "capacityBytes" | "resetPeak">,
): DryDevice {
  let work = 0;
  return Object.defineProperties({} as DryDevice, {
    ...Object.getOwnPropertyDescriptors(device),
    ...Object.getOwnPropertyDescriptors({
      dry: true,
      kernels: countingWork(device.kernels, (operations) => work += operations),
      get work() {
        return work;
      },
      ...more,
      upload() {},
      download: (_: Storage, dtype: DType, length: number) =>
        Promise.resolve(
          hostArray(dtype, new ArrayBuffer(storageBytes(dtype, length))),
        ),
      sync: () => Promise.resolve(),
    }),
  });
}

/** Kernels that do nothing where there is none of that name. */
function computeNothing(kernels: Partial<Kernels> = {}): Kernels {
  const nothing = () => {};
  return new Proxy(kernels as Kernels, {
    get: (kernels, name) => kernels[name as keyof Kernels] ?? nothing,
  });
}
