import { type Split, writeCases } from "@edit-transfer/figures";
import process from "node:process";
import type { Context } from "../program.ts";
import { Progress } from "../progress.ts";
import { required } from "../required.ts";

/** Flags of `figures`. */
export interface FiguresFlags {
  readonly split: Split;
  readonly seed: number;
  readonly count: number;
  readonly compose: number;
  readonly size: number;
  readonly output?: string;
  readonly force?: true;
  readonly quiet?: true;
}

/** Draws cases whose answers are known. */
export async function figures(
  flags: FiguresFlags,
  { signal }: Context,
): Promise<void> {
  const { output: given, force, quiet, ...which } = flags;
  const output = required(given, "draw figures", "-o DIR");
  const progress = new Progress({
    stream: process.stderr,
    quiet: quiet === true,
    units: ["cases", "case"],
  });
  progress.start();
  try {
    const file = await writeCases(output, {
      ...which,
      overwrite: force === true,
      onProgress: (written) => progress.step(written, which.count, "figures"),
      signal,
    });
    progress.end();
    process.stdout.write(`${file}\n`);
  } finally {
    progress.end();
  }
}
