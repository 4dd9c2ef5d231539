import { jsonText } from "@edit-transfer/files";
import { print, type Progress } from "@edit-transfer/terminal";
import type { Model, Seed } from "@edit-transfer/transfer";
import { rankTable, type SeedRank } from "./best_seeds.ts";
import type { ModelFlags } from "./flags.ts";
import { STDOUT } from "./write_picture.ts";

/** One picture that was written. */
export interface Written {
  readonly path: string;
  readonly grid?: string | undefined;
  readonly seed: Seed;
  readonly shift?: { readonly x: number; readonly y: number } | undefined;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Tells the user what came of a run: notices aside, pictures on the output. */
export function report({ flags, progress, model, prompt, notices, ...made }: {
  readonly flags: ModelFlags;
  readonly progress: Progress;
  readonly model: Model;
  readonly prompt: string;
  readonly notices: ReadonlySet<string>;
  readonly written: readonly Written[];
  readonly sheet: string | undefined;
  /** Of all seeds, in their order. */
  readonly ranks: readonly (SeedRank & { readonly seed: Seed })[] | undefined;
}): void {
  const { written, sheet, ranks } = made;
  const { kind, name, memory } = model.device;
  for (const notice of notices) progress.note(`notice: ${notice}`);
  for (const row of rankTable(ranks ?? [])) progress.note(row);
  if (flags.verbose === true) {
    progress.note(`device: ${name}`);
    for (const { seed, milliseconds } of written) {
      const stages = Object.entries(milliseconds)
        .map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(2)} s`);
      progress.note(`seed ${seed}: ${stages.join(", ")}`);
    }
  }
  if (flags.json === true) {
    return print(jsonText({
      images: written,
      sheet,
      ranks,
      prompt,
      device: { kind, name },
      peakBytes: memory.peakBytes,
      notices: [...notices],
    }));
  }
  for (const { path, grid } of written) {
    if (path === STDOUT) continue;
    print(path);
    if (grid !== undefined) print(grid);
  }
  if (sheet !== undefined) print(sheet);
}
