import { CONTROL, SPILL_BYTES } from "@edit-transfer/kernels";
import type { Kernels } from "../backend.ts";
import type { Cpu } from "./cpu.ts";
import { CpuDevice, type CpuDeviceOptions, cpuName } from "./device.ts";
import { GROWTH_PAGES, Heap, PAGE_BYTES } from "./heap.ts";
import type { Jobs } from "./jobs.ts";
import { KeptPanels } from "./kept_panels.ts";
import { cpuKernels } from "./kernels.ts";
import type { Programs } from "./programs.ts";

/** Kernels that take memory besides that of tensors. */
const WITH_SCRATCH = [
  "matmul",
  "foldsBranches",
  "attention",
  "attentionGradient",
  "attentionKeeps",
  "conv2d",
  "layerNormModulate",
  "rmsNormRope",
] as const satisfies readonly (keyof Kernels)[];

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
  const panels = new KeptPanels(heap);
  const cpu: Cpu = { heap, panels, programs, jobs };
  const all = cpuKernels(cpu);
  return {
    device: new CpuDevice(name, cpu),
    kernels: Object.fromEntries(WITH_SCRATCH.map((name) => [name, all[name]])),
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
