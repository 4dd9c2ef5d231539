import { randomUUID } from "node:crypto";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { UsageError } from "@edit-transfer/terminal";

/** Where pictures of a run go. */
export interface OutputNames {
  /** Picture for a seed. */
  image(seed: number): string;
  /** Grid for a seed. */
  grid(seed: number): string;
  /** Preview after a step. */
  preview(dir: string, seed: number, step: number): string;
}

/**
 * Names of the outputs: `out.png`, or `out_seed_7.png` where there are several
 * seeds.
 */
export function outputNames(
  output: string,
  seeds: readonly number[],
): OutputNames {
  const extension = extname(output) || ".png";
  const stem = output.slice(0, output.length - extname(output).length);
  const of = (seed: number) => seeds.length > 1 ? `${stem}_seed_${seed}` : stem;
  return {
    image: (seed) => `${of(seed)}${extension}`,
    grid: (seed) => `${of(seed)}_grid${extension}`,
    preview: (dir, seed, step) =>
      join(
        dir,
        `${seeds.length > 1 ? `seed_${seed}_` : ""}step_${
          String(step).padStart(3, "0")
        }.png`,
      ),
  };
}

/**
 * Refuses an output that could not be written, or would replace one of `inputs`,
 * before any work is done.
 */
export async function checkOutput(
  output: string,
  { inputs = [] }: { readonly inputs?: readonly string[] } = {},
): Promise<void> {
  const extension = extname(output).toLowerCase();
  if (extension !== "" && extension !== ".png") {
    throw new UsageError(
      `Cannot write "${output}" as outputs are PNG files: got the extension "${extension}"`,
    );
  }
  const taken = await stat(output).catch(() => undefined);
  if (taken?.isDirectory()) {
    throw new Error(`Cannot write "${output}": it is a folder`);
  }
  for (const input of taken === undefined ? [] : inputs) {
    const read = await stat(input).catch(() => undefined);
    if (read?.dev !== taken?.dev || read?.ino !== taken?.ino) continue;
    throw new Error(
      `Cannot write "${output}" as it must not replace an input: got the same file as "${input}"`,
    );
  }
  const folder = dirname(output);
  const fault = await folderFault(folder);
  if (fault === undefined) return;
  throw new Error(`Cannot write "${output}": ${fault}`);
}

/** Makes the folder for previews, or says why there can be none. */
export async function makePreviewFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const { code } = cause as { code?: string };
    const fault = code === "EEXIST" || code === "ENOTDIR"
      ? "it is not a folder"
      : `it cannot be made (${code})`;
    throw new Error(`Cannot write previews to "${folder}": ${fault}`, {
      cause,
    });
  }
  const fault = await folderFault(folder);
  if (fault === undefined) return;
  throw new Error(`Cannot write previews: ${fault}`);
}

/** Why files cannot be written to a folder, if so. */
async function folderFault(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) return `there is no folder "${folder}"`;
  // by trying, as permissions do not tell that a disk is read-only
  const trial = join(folder, `.${randomUUID()}.tmp`);
  try {
    await (await open(trial, "wx")).close();
    await rm(trial);
    return undefined;
  } catch (cause) {
    return (cause as { code?: string }).code === "ENOSPC"
      ? "the disk is full"
      : `the folder "${folder}" is not writable`;
  }
}
