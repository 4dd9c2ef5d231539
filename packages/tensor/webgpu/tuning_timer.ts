import type { WebGpuDevice } from "./webgpu_device.ts";

/** Measures how long recorded work takes on a device. */
export interface KernelTimer {
  /** Runs what records work, waits for it and returns its microseconds. */
  time(run: () => void): Promise<number>;
}

/** One dispatch: the name of its kernel, and when it ran. */
export interface KernelSpan {
  readonly label: string;
  /** Nanoseconds of the adapter's clock. */
  readonly begin: number;
  /** Nanoseconds of the adapter's clock. */
  readonly end: number;
}

/** Dispatches of one measurement; further ones are not timed. */
const CAPACITY = 2048;
/** Microseconds below which the clock of the host is too coarse. */
const LEAST_WALL = 3000;
const MOST_REPEATS = 64;

/** Times with the adapter's own clock if it has one, else with the host's. */
export function kernelTimer(device: WebGpuDevice): KernelTimer {
  return device.gpu.features.has("timestamp-query")
    ? { time: async (run) => busyTime(await kernelSpans(device, run)) }
    : { time: (run) => wallTime(device, run) };
}

/**
 * Runs work with a timestamp before and after each dispatch.
 *
 * @param device Device with the feature `timestamp-query`.
 * @param run Records the work.
 * @returns The first 2048 dispatches, in order.
 */
export async function kernelSpans(
  device: WebGpuDevice,
  run: () => void,
): Promise<KernelSpan[]> {
  const { gpu } = device;
  await device.sync();
  const querySet = gpu.createQuerySet({
    type: "timestamp",
    count: 2 * CAPACITY,
  });
  const labels: string[] = [];
  device.timestamps = (label) => {
    if (labels.length === CAPACITY) return undefined;
    const first = 2 * (labels.push(label) - 1);
    return {
      querySet,
      beginningOfPassWriteIndex: first,
      endOfPassWriteIndex: first + 1,
    };
  };
  try {
    run();
  } finally {
    device.timestamps = undefined;
  }
  await device.sync();
  const size = 16 * Math.max(1, labels.length);
  const resolved = gpu.createBuffer({ size, usage: 0x4 | 0x200 }); // copy source, resolves queries
  const staging = gpu.createBuffer({ size, usage: 0x1 | 0x8 }); // map to read, copy destination
  try {
    const encoder = gpu.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, 2 * labels.length, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x1);
    const ticks = new BigUint64Array(staging.getMappedRange());
    return labels.map((label, i) => ({
      label,
      begin: Number(ticks[2 * i]! - ticks[0]!),
      end: Number(ticks[2 * i + 1]! - ticks[0]!),
    }));
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
}

/** Microseconds in which at least one of the dispatches ran. */
export function busyTime(spans: readonly KernelSpan[]): number {
  let busy = 0;
  let until = -Infinity;
  for (const { begin, end } of spans) {
    busy += Math.max(0, end - Math.max(begin, until));
    until = Math.max(until, end);
  }
  return busy / 1000;
}

async function wallTime(
  device: WebGpuDevice,
  run: () => void,
): Promise<number> {
  for (let repeats = 1;; repeats *= 4) {
    await device.sync();
    const start = performance.now();
    for (let i = 0; i < repeats; i++) run();
    await device.sync();
    const elapsed = 1000 * (performance.now() - start);
    if (elapsed >= LEAST_WALL || repeats >= MOST_REPEATS) {
      return elapsed / repeats;
    }
  }
}
