import { PackCache } from "../gemm/cpu/pack_cache.ts";
import type { Kernels } from "../kernels.ts";
import * as operations from "../operations.ts";
import type { Cpu } from "./cpu.ts";
import { CpuDevice, type CpuDeviceOptions, cpuName } from "./device.ts";
import { GROWTH_PAGES, Heap, PAGE_BYTES } from "./heap.ts";
import type { Jobs } from "./jobs.ts";
import type { Programs } from "./programs.ts";
import { CONTROL, SPILL_BYTES } from "./wasm/control.ts";

/** Pages of a heap that is larger than any machine. */
const MAX_PAGES = 2 ** 32;

/**
 * The cpu backend on a heap of addresses without memory: its kernels pack and
 * gather into blocks of it, but no program runs.
 */
export function dryCpuDevice(options: CpuDeviceOptions): {
  readonly device: CpuDevice;
  readonly kernels: Partial<Kernels>;
  readonly resetPeak: () => void;
} {
  const { name, threads } = cpuName(options);
  const heap = new Heap(name, CONTROL.spill + threads * SPILL_BYTES, {
    memory: addresses(),
    maximum: MAX_PAGES,
  });
  const nothing = () => 0;
  const programs = new Proxy({}, { get: () => nothing }) as Programs;
  const jobs = { threads, run: nothing, stop: nothing } as unknown as Jobs;
  const packCache = new PackCache(heap);
  const cpu: Cpu = { heap, packCache, programs, jobs };
  const device = new CpuDevice(name, cpu);
  return {
    device,
    kernels: Object.fromEntries(
      Object.entries(device.kernels).filter(([name]) =>
        operations[name as keyof Kernels].scratch
      ),
    ),
    resetPeak: () => {
      heap.peakBytes = heap.bytes;
    },
  };
}

/** A memory that has a length; views of it are empty. */
function addresses(): WebAssembly.Memory {
  const buffer = { byteLength: GROWTH_PAGES * PAGE_BYTES };
  const grow = (pages: number) => {
    buffer.byteLength += pages * PAGE_BYTES;
  };
  return { buffer, grow } as unknown as WebAssembly.Memory;
}
