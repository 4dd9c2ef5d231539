import process from "node:process";
import { lateError, memoryError } from "./decode_error.ts";

/** How often memory is looked at, in ms. */
const INTERVAL = 50;

/** Limits of what cannot be stopped, but left. */
export interface WorkLimits {
  /** Stands for the file in messages. */
  readonly path: string;
  /** Time limit. */
  readonly maxSeconds: number;
  /** Most bytes by which the process may grow meanwhile. */
  readonly maxGrowth?: number | undefined;
}

/** What `work` gives, or an error where it takes too much time or memory. */
export async function within<T>(
  work: Promise<T>,
  { path, maxSeconds, maxGrowth = Infinity }: WorkLimits,
): Promise<T> {
  const most = process.memoryUsage.rss() + maxGrowth;
  let timer;
  let watch;
  const stopped = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(lateError(path, maxSeconds)),
      maxSeconds * 1000,
    );
    if (maxGrowth === Infinity) return;
    watch = setInterval(() => {
      if (process.memoryUsage.rss() > most) {
        reject(memoryError(path, maxGrowth));
      }
    }, INTERVAL);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
  }
}
