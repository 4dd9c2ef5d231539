import { exists, fileKey, outputFault } from "@edit-transfer/files";
import { readImageFile, readPngText } from "@edit-transfer/image";
import { UsageError } from "@edit-transfer/terminal";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";

/** Output where none is named. */
const DEFAULT = "out.png";

/** Where pictures of a run go. */
export interface OutputNames {
  /** Picture of a label, e.g. `"seed_7"`. */
  image(label: string): string;
  /** Grid of a label. */
  grid(label: string): string;
  /** Sheet of all pictures. */
  readonly sheet: string;
}

/**
 * Names of the outputs: `out.png`, or `out_seed_7.png` where there are several
 * labels.
 */
export function outputNames(
  output: string,
  labels: readonly string[],
): OutputNames {
  const extension = extname(output) || ".png";
  const stem = output.slice(0, output.length - extname(output).length);
  const of = (label: string) => labels.length > 1 ? `${stem}_${label}` : stem;
  return {
    image: (label) => `${of(label)}${extension}`,
    grid: (label) => `${of(label)}_grid${extension}`,
    sheet: `${stem}_sheet${extension}`,
  };
}

/** Preview after a step, with its label where there are several. */
export function previewName(
  dir: string,
  step: number,
  label: string | undefined,
): string {
  const words = ["step", String(step).padStart(3, "0")];
  if (label !== undefined) words.unshift(label);
  return join(dir, `${words.join("_")}.png`);
}

/** Options of {@linkcode chooseOutputs}. */
export interface OutputOptions {
  /** Output that the user names. */
  readonly output: string | undefined;
  /** What tells pictures apart, one each. */
  readonly labels: readonly string[];
  /** Whether grids are written too. */
  readonly grids?: boolean | undefined;
  /** Whether a sheet is written too. */
  readonly sheet?: boolean | undefined;
  /** Pictures that are read, which no output may replace. */
  readonly inputs: readonly string[];
  /** Whether files of other programs may be replaced. */
  readonly force?: boolean | undefined;
}

/**
 * Names of outputs that can be written, and what of earlier runs they replace.
 * Without a name of the user's, a number is added where a file is that this
 * program did not write.
 */
export async function chooseOutputs(
  { output, labels, grids, sheet, inputs, force = false }: OutputOptions,
): Promise<{
  readonly names: OutputNames;
  /** All of them, without previews. */
  readonly paths: readonly string[];
  readonly notices: string[];
}> {
  if (output !== undefined) { // "/dev/null", which would become "/dev/null.png"
    const fault = await outputFault(output);
    if (fault !== undefined && fault !== "it is a folder") {
      throw new Error(`Cannot write "${output}": ${fault}`);
    }
  }
  for (let number = 1;; number++) {
    const chosen = output ??
      (number === 1 ? DEFAULT : DEFAULT.replace(".", `_${number}.`));
    const names = outputNames(chosen, labels);
    const paths = [
      ...labels.map(names.image),
      ...grids === true ? labels.map(names.grid) : [],
      ...sheet === true ? [names.sheet] : [],
    ];
    const notices: string[] = [];
    try {
      for (const path of paths) {
        notices.push(...await checkOutput(path, { inputs, force }));
      }
    } catch (error) {
      if (error instanceof ForeignFileError && output === undefined) continue;
      throw error;
    }
    if (number > 1) {
      notices.push(
        `"${DEFAULT}" is not of this program and stays: "${chosen}"`,
      );
    }
    return { names, paths, notices };
  }
}

/** Thrown when an output would replace a file that this program did not write. */
class ForeignFileError extends Error {}

/**
 * Refuses an output that could not be written, or would replace one of `inputs`
 * or a file of another program, before any work is done; says if it replaces an
 * earlier output.
 */
export async function checkOutput(
  output: string,
  { inputs = [], force = false }: {
    readonly inputs?: readonly string[] | undefined;
    readonly force?: boolean | undefined;
  } = {},
): Promise<readonly string[]> {
  const extension = extname(output).toLowerCase();
  if (extension !== "" && extension !== ".png") {
    throw new UsageError(
      `Cannot write "${output}" as outputs are PNG files: got the extension "${extension}"`,
    );
  }
  await checkFree(output, inputs);
  const folder = dirname(output);
  const fault = await folderFault(folder);
  if (fault !== undefined) {
    throw new Error(`Cannot write "${output}": ${fault}`);
  }
  if (!await exists(output)) return [];
  if (await isOwn(output)) return [`"${output}" of an earlier run is replaced`];
  if (force) return [`"${output}" is replaced`];
  throw new ForeignFileError(
    `Cannot write "${output}" as it must not replace a file of another program: got one; name another file, or add --force`,
  );
}

/** PNG text that tells a preview. */
export const PREVIEW_TEXT = "edit_transfer_preview";

/** Whether this program wrote a file. */
export async function isOwn(path: string): Promise<boolean> {
  try {
    const text = readPngText(await readImageFile(path), { path });
    return "edit_transfer" in text || PREVIEW_TEXT in text;
  } catch {
    return false;
  }
}

/** Refuses an output that is no ordinary file, or one of `inputs`. */
export async function checkFree(
  output: string,
  inputs: readonly string[],
): Promise<void> {
  const fault = await outputFault(output);
  if (fault !== undefined) {
    throw new Error(`Cannot write "${output}": ${fault}`);
  }
  const key = await fileKey(output);
  for (const input of inputs) {
    if (await fileKey(input) !== key) continue;
    throw new Error(
      `Cannot write "${output}" as it must not replace an input: got the same file as "${input}"`,
    );
  }
}

/** Makes a folder for pictures, or says why there can be none. */
export async function makeFolder(folder: string, what: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const { code } = cause as { readonly code?: string | undefined };
    const fault = code === "EEXIST" || code === "ENOTDIR"
      ? "it is not a folder"
      : `it cannot be made (${code})`;
    throw new Error(`Cannot write ${what} to "${folder}": ${fault}`, {
      cause,
    });
  }
  const fault = await folderFault(folder);
  if (fault === undefined) return;
  throw new Error(`Cannot write ${what}: ${fault}`);
}

/** Why files cannot be written to a folder, if so. */
async function folderFault(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) return `there is no folder "${folder}"`;
  // by trying, as permissions do not tell that a disk is read-only
  const trial = join(folder, ".edit-transfer.tmp");
  try {
    await rm(trial, { force: true }); // of a run that was killed here
    await (await open(trial, "w")).close();
    await rm(trial, { force: true });
    return undefined;
  } catch (cause) {
    return (cause as { readonly code?: string | undefined }).code === "ENOSPC"
      ? "the disk is full"
      : `the folder "${folder}" is not writable`;
  }
}
