import { exists, hashText, lock } from "@edit-transfer/files";
import { writeCases, writePairs } from "@edit-transfer/figures";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { FiguresConfig } from "./train_config.ts";
import type { TrainProgress } from "./train_progress.ts";

/**
 * Folder of a set of figures below `_figures`, drawn unless it is there.
 *
 * Runs that draw the same set at once wait for the one that began: the line file
 * comes last, so where it lies the set is whole.
 */
export async function drawFigures(
  figures: FiguresConfig,
  { folder: parent, template, panelSize: size, progress, signal }: {
    /** Folder that the runs share. */
    readonly folder: string;
    readonly template: string | undefined;
    readonly panelSize: number;
    readonly progress: TrainProgress;
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const options = {
    ...figures,
    size,
    template,
  };
  const name = hashText(JSON.stringify(options)).slice(0, 16);
  const folder = join(parent, "_figures", name);
  const { identities, ...rest } = options;
  const file = identities === undefined ? "cases.jsonl" : "pairs.jsonl";
  const isWhole = () => exists(join(folder, file));
  if (await isWhole()) return folder;
  await mkdir(join(parent, "_figures"), { recursive: true });
  await using _lock = await lock(`${folder}.lock`, {
    task: `draw figures into "${folder}"`,
    wait: signal,
  });
  if (await isWhole()) return folder;
  progress.start();
  const onProgress = (drawn: number) =>
    progress.step(drawn, figures.count, { label: "drawing figures" });
  if (identities === undefined) {
    await writeCases(folder, { ...rest, overwrite: true, signal, onProgress });
  } else {
    await writePairs(folder, {
      ...rest,
      identities,
      existing: "keep",
      signal,
      onProgress,
    });
  }
  progress.end();
  return folder;
}
