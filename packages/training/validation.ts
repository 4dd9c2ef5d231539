import type { PreparedDataset } from "@edit-transfer/dataset";
import { encodePng, fitPicture, type Image, tile } from "@edit-transfer/image";
import { atomicWrite } from "@edit-transfer/files";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { LoraTask } from "./train_inputs.ts";
import type { Trainer } from "./trainer.ts";

/** Losses of the average on fixed tasks at fixed noise. */
export interface ValidationResult {
  /** Mean over tasks and noise levels. */
  readonly loss: number;
  /** Mean over tasks for each noise level. */
  readonly bySigma: readonly number[];
}

/**
 * Judges by the first `count` tasks, each with its own noise; undefined where it
 * is stopped before the last one.
 */
export async function validate(
  trainer: Trainer,
  { data, count, sigmas, seed, signal }: {
    readonly data: PreparedDataset;
    readonly count: number;
    readonly sigmas: readonly number[];
    readonly seed: number;
    readonly signal: AbortSignal;
  },
): Promise<ValidationResult | undefined> {
  const tasks = Math.min(count, data.items.length);
  const sums = sigmas.map(() => 0);
  for (let index = 0; index < tasks; index++) {
    for (const [i, sigma] of sigmas.entries()) {
      const task = await taskOf(data, {
        index,
        seed: seedAfter(seed, index),
        sigma,
      });
      sums[i]! += await trainer.loss(task, { average: true });
      await setTimeout(0); // lets signals in, as work on the cpu never yields
      if (signal.aborted) return undefined;
    }
  }
  const bySigma = sums.map((sum) => sum / tasks);
  const loss = bySigma.reduce((sum, one) => sum + one, 0) / sigmas.length;
  return { loss, bySigma };
}

/**
 * Writes a grid, a task a row: before, after, query, edited query, and the answer
 * where there is one; nothing where it is stopped before the last one.
 */
export async function writeSamples(
  trainer: Trainer,
  { data, hasAnswers, path, count, steps, guidance, seed, walkSeed, signal }: {
    readonly data: PreparedDataset;
    readonly hasAnswers: boolean;
    readonly path: string;
    readonly count: number;
    readonly steps: number;
    readonly guidance: number;
    readonly seed: number;
    readonly walkSeed: boolean;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const cells: Image[] = [];
  for (let index = 0; index < Math.min(count, data.items.length); index++) {
    const own = seedAfter(seed, walkSeed ? index : 0);
    const task = await taskOf(data, { index, seed: own, sigma: 1 });
    const [before, after, query, target] = await data.panels(index);
    const edited = await trainer.sample(task, { seed: own, steps, guidance });
    cells.push(before, after, query, edited);
    if (hasAnswers) cells.push(target);
    await setTimeout(0); // lets signals in, as work on the cpu never yields
    if (signal.aborted) return;
  }
  await mkdir(dirname(path), { recursive: true });
  const columns = hasAnswers ? 5 : 4;
  const size = { // into which all shapes go
    width: Math.max(...cells.map(({ width }) => width)),
    height: Math.max(...cells.map(({ height }) => height)),
  };
  const fitted = await Promise.all(
    cells.map((cell) => fitPicture(cell, size, "pad")),
  );
  await atomicWrite(path, await encodePng(tile(fitted, { columns, gap: 2 })));
}

/** The seed so many later; behind the largest, 0 follows. */
export function seedAfter(seed: number, later: number): number {
  const left = Number.MAX_SAFE_INTEGER - seed;
  return later > left ? later - left - 1 : seed + later;
}

async function taskOf(
  data: PreparedDataset,
  { index, seed, sigma }: { index: number; seed: number; sigma: number },
): Promise<LoraTask> {
  return {
    latents: await data.latents(index),
    text: await data.text(data.items[index]!.caption),
    seed,
    sigma,
  };
}
