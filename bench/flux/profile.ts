import { scope, type Tensor } from "@edit-transfer/tensor";
import type { WebGpuDevice } from "../../packages/tensor/webgpu/device.ts";
import {
  busyTime,
  type KernelSpan,
  kernelSpans,
} from "../../packages/tensor/webgpu/tuning_timer.ts";

/** Where the time of a forward pass goes. Times are medians, in milliseconds. */
export interface Profile {
  /** From the first call to the last result. */
  readonly total: number;
  /**
   * In which the host records while the device computes; the least, as a
   * software adapter takes the host's cores.
   */
  readonly host: number;
  /** In which the device is busy, if it tells. */
  readonly device: number | undefined;
  /** Kernels that run, if the device tells. */
  readonly dispatches: number | undefined;
  /** Milliseconds of each kernel, the slowest first. */
  readonly kernels: readonly (readonly [name: string, time: number])[];
}

/** Runs a forward pass some times, and once more with a clock on each kernel. */
export async function profile(
  device: WebGpuDevice,
  forward: () => Tensor,
  rounds: number,
): Promise<Profile> {
  const once = () => scope(() => void forward());
  once(); // compiles
  await device.sync();
  const totals: number[] = [];
  const hosts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    once();
    hosts.push(performance.now() - start);
    await device.sync();
    totals.push(performance.now() - start);
  }
  const timed = device.gpu.features.has("timestamp-query");
  const spans = timed ? await kernelSpans(device, once) : [];
  return {
    total: median(totals),
    host: Math.min(...hosts),
    device: timed ? busyTime(spans) / 1000 : undefined,
    dispatches: timed ? spans.length : undefined,
    kernels: byKernel(spans),
  };
}

function byKernel(spans: readonly KernelSpan[]): [string, number][] {
  const times = new Map<string, number>();
  for (const { label, begin, end } of spans) {
    const name = label.replace(/[[(].*$/, "");
    times.set(name, (times.get(name) ?? 0) + (end - begin) / 1e6);
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
