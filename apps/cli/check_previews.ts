import { fileKey, foldedName, outputFault } from "@edit-transfer/files";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isOwn, PREVIEW_TEXT } from "./output.ts";
import { textOf } from "./record.ts";

/** Name of a preview, folded, with its step. */
const PREVIEW = /(?:^|_)step_(\d{3,})\.png$/;

/** Options of {@linkcode checkPreviews}. */
export interface PreviewOptions {
  /** Steps, a preview each. */
  readonly steps: number;
  /** Files that are read and written otherwise. */
  readonly others: readonly string[];
  /** Whether pictures of other programs may be replaced. */
  readonly force?: boolean | undefined;
}

/**
 * Refuses a folder in which a preview would replace a file that the run reads or
 * writes otherwise, or one that is no preview.
 */
export async function checkPreviews(
  folder: string,
  { steps, others, force = false }: PreviewOptions,
): Promise<void> {
  const isPreview = (path: string) => {
    const step = Number(PREVIEW.exec(foldedName(path))?.[1]);
    return step >= 1 && step <= steps;
  };
  const refuse = (path: string, found: string): never => {
    throw new Error(
      `Cannot write previews to "${folder}" as they must not replace other files: got ${found} "${path}"; name another folder`,
    );
  };
  const place = await fileKey(folder);
  const keys = new Set<string>();
  for (const path of others) {
    keys.add(await fileKey(path));
    if (isPreview(path) && await fileKey(dirname(path)) === place) {
      refuse(path, "the input or output");
    }
  }
  for (const name of await readdir(folder).catch(() => [])) {
    if (!isPreview(name)) continue;
    const path = join(folder, name);
    if (keys.has(await fileKey(path))) refuse(path, "an input or output by");
    const fault = await outputFault(path);
    if (fault !== undefined) {
      throw new Error(`Cannot write preview "${path}": ${fault}`);
    }
    if (!force && !await isOwn(path)) {
      refuse(path, "a file of another program, without --force,");
    }
  }
}

/** Takes the previews of earlier runs away, so that all that are there are of one. */
export async function clearPreviews(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!PREVIEW.test(foldedName(name))) continue;
    const path = join(folder, name);
    const text = await textOf(path).catch(() => ({}));
    if (PREVIEW_TEXT in text) await rm(path, { force: true });
  }
}
