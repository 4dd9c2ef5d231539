import type { Device } from "./backend.ts";
import { openCpuDevice } from "./cpu/device.ts";
import { DeviceError } from "./errors.ts";

/** Which device to open. */
export type DeviceChoice = "auto" | "cpu" | "webgpu";

/** Options of {@linkcode openDevice}. */
export interface OpenDeviceOptions {
  /**
   * WebGPU implementation, e.g. `navigator.gpu` in a browser.
   *
   * @default {Dawn, from npm:webgpu}
   */
  readonly gpu?: GPU | undefined;
  /**
   * Threads of the cpu backend.
   *
   * @default {all cores, at most 8}
   */
  readonly threads?: number | undefined;
  /**
   * Bytes that a WebGPU device gives up idle buffers for rather than exceed.
   *
   * @default {none}
   */
  readonly maxBytes?: number | undefined;
  /**
   * What a WebGPU device may round factors of matrix products to where the
   * weight has 16 bits anyway; `"f16"` makes use of matrix units.
   *
   * @default {"f16"}
   */
  readonly precision?: "f32" | "f16" | undefined;
}

/**
 * Opens a device: `"webgpu"` on any adapter, `"cpu"` with no driver at all,
 * and `"auto"` on a hardware adapter if there is one, else on the cpu.
 *
 * @param choice Which device to open.
 * @param options See {@linkcode OpenDeviceOptions}.
 * @returns The device, owned by the caller, who disposes of it.
 *
 * @throws {DeviceError} If `"webgpu"` is asked for and there is no adapter.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * assert.equal(device.kind, "cpu");
 * ```
 */
export async function openDevice(
  choice: DeviceChoice = "auto",
  options: OpenDeviceOptions = {},
): Promise<Device> {
  return await openAs(choice, options, {
    cpu: openCpuDevice,
    async webgpu(adapter, options) {
      const { openWebGpuDevice } = await import("./webgpu/device.ts");
      return await openWebGpuDevice(adapter, options);
    },
  });
}

/** Opens one of two kinds, as the choice and the adapters are. */
export async function openAs<D>(
  choice: DeviceChoice,
  options: OpenDeviceOptions,
  open: {
    cpu(options: OpenDeviceOptions): Promise<D>;
    webgpu(
      adapter: GPUAdapter,
      options: Pick<OpenDeviceOptions, "gpu" | "maxBytes" | "precision">,
    ): Promise<D>;
  },
): Promise<D> {
  if (choice === "cpu") return await open.cpu(options);
  const { dawnFault, findGpu } = await import("./webgpu/adapter.ts");
  const adapter = await findGpu({ ...options, software: choice === "webgpu" });
  if (adapter !== undefined) return await open.webgpu(adapter, options);
  if (choice === "auto") return await open.cpu(options);
  const fault = dawnFault();
  throw new DeviceError(
    fault === undefined
      ? "Cannot open a WebGPU device as no adapter was found: install a Vulkan, Metal or DirectX 12 driver, or use the cpu"
      : `Cannot open a WebGPU device as Dawn, npm:webgpu, must be loaded: got ${
        JSON.stringify(fault)
      }; use the cpu, or try again with a network`,
  );
}
