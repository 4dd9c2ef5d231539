import {
  exists,
  fileKey,
  lock,
  LockError,
  outputFault,
} from "@edit-transfer/files";
import { formatOf } from "@edit-transfer/image";
import { UsageError } from "@edit-transfer/terminal";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { textOf } from "./record.ts";
import { readSidecar, sidecarOf } from "./sidecar.ts";
import { STDOUT } from "./write_picture.ts";

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
  /** Output that the user names: a file, a folder, or `-`. */
  readonly output: string | undefined;
  /** Name of a picture in a folder, where labels do not name it. */
  readonly stem: string;
  /** What tells pictures apart, one each. */
  readonly labels: readonly string[];
  /** Whether labels name pictures in a folder on their own. */
  readonly named?: boolean | undefined;
  /** Whether grids are written too. */
  readonly grids?: boolean | undefined;
  /** Whether a sheet is written too. */
  readonly sheet?: boolean | undefined;
  /** Whether a file is written beside each. */
  readonly sidecar?: boolean | undefined;
  /** Pictures that are read, which no output may replace. */
  readonly inputs: readonly string[];
  /** Whether files of other programs may be replaced. */
  readonly force?: boolean | undefined;
}

/** Outputs that no other run writes until they are disposed of. */
export interface ChosenOutputs extends AsyncDisposable {
  readonly names: OutputNames;
  /** All of them, without previews and sidecars. */
  readonly paths: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Names of outputs that can be written, and what of earlier runs they replace.
 * Where the user did not name the file, a number is added if one is that this
 * program did not write, that is read, or that another run is writing. A folder
 * is made if it is new; that of a file has to be there.
 */
export async function chooseOutputs(
  options: OutputOptions,
): Promise<ChosenOutputs> {
  const { output, labels, inputs, force = false } = options;
  if (output === STDOUT) return ontoStdout(options);
  if (output !== undefined) { // "/dev/null", which would become "/dev/null.png"
    const fault = await outputFault(output);
    if (fault !== undefined && fault !== "it is a folder") {
      throw new Error(`Cannot write "${output}": ${fault}`);
    }
  }
  const folder = await folderOf(options);
  if (folder !== undefined) await makeFolder(folder, "pictures");
  let taken: OutputTakenError | undefined;
  for (let number = 1;; number++) {
    const names = namesOf(options, { folder, number });
    const paths = [
      ...labels.map(names.image),
      ...options.grids === true ? labels.map(names.grid) : [],
      ...options.sheet === true ? [names.sheet] : [],
    ];
    const sidecars = options.sidecar === true ? paths.map(sidecarOf) : [];
    await using held = new AsyncDisposableStack();
    const notices: string[] = [];
    try {
      for (const path of paths) await checkOutput(path, { inputs, force });
      for (const path of [...paths, ...sidecars]) {
        held.use(await lockOutput(path));
      }
      for (const path of paths) { // as it is now that no other run writes it
        notices.push(...await checkOutput(path, { inputs, force }));
      }
      for (const path of sidecars) await checkSidecar(path, { inputs, force });
    } catch (error) {
      const isFree = output === undefined || folder !== undefined;
      if (!(error instanceof OutputTakenError) || !isFree) throw error;
      taken ??= error;
      continue;
    }
    if (taken !== undefined) {
      notices.push(`"${taken.path}" ${taken.reason}: "${paths[0]}"`);
    }
    const owned = held.move();
    return {
      names,
      paths,
      notices,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  }
}

/** The folder that pictures are written to, if the user names one. */
async function folderOf(
  { output, named = false }: OutputOptions,
): Promise<string | undefined> {
  if (output === undefined) return undefined;
  const isFolder = /[\\/]$/.test(output) ||
    await outputFault(output) === "it is a folder" ||
    named && extname(output) === "";
  return isFolder ? output : undefined;
}

function namesOf(
  { output = DEFAULT, stem, labels, named = false }: OutputOptions,
  { folder, number }: {
    readonly folder: string | undefined;
    /** Added from the second try on. */
    readonly number: number;
  },
): OutputNames {
  const end = number === 1 ? "" : `_${number}`;
  if (folder === undefined) {
    const own = extname(output);
    const base = output.slice(0, output.length - own.length);
    return outputNames(`${base}${end}${own || ".png"}`, labels);
  }
  if (!named) {
    return outputNames(join(folder, `${stem}${end}.png`), labels);
  }
  const at = (name: string) => join(folder, `${name}${end}.png`);
  return {
    image: at,
    grid: (label) => at(`${label}_grid`),
    sheet: at("sheet"),
  };
}

/** One picture on the standard output, and nothing else. */
function ontoStdout(
  { labels, grids, sheet, sidecar }: OutputOptions,
): ChosenOutputs {
  if (labels.length > 1 || grids === true || sheet === true || sidecar) {
    throw new UsageError(
      `Cannot write to the standard output as it takes one picture: got ${
        labels.length > 1 ? labels.length : "other files with it"
      }; name a folder with -o`,
    );
  }
  return {
    names: { image: () => STDOUT, grid: () => STDOUT, sheet: STDOUT },
    paths: [],
    notices: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Thrown when an output would replace a file that it must not. */
class OutputTakenError extends Error {
  readonly path: string;
  /** What the file is, as it is told of a free name. */
  readonly reason: string;

  constructor(
    path: string,
    { rule, reason }: { readonly rule: string; readonly reason: string },
  ) {
    super(`Cannot write "${path}" as ${rule}`);
    this.path = path;
    this.reason = reason;
  }
}

/**
 * Keeps other runs from writing an output.
 *
 * @throws {OutputTakenError} If one does.
 */
export async function lockOutput(path: string): Promise<AsyncDisposable> {
  try {
    return await lock(`${path}.lock`, { task: `write "${path}"` });
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    throw new OutputTakenError(path, {
      rule: error.message.replace(/^.*? as /, ""),
      reason: "is written by another run",
    });
  }
}

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
  if (extension !== "" && formatOf(output) === undefined) {
    throw new UsageError(
      `Cannot write "${output}" as outputs are PNG, JPEG or WebP files: got the extension "${extension}"`,
    );
  }
  await checkFree(output, inputs);
  const folder = dirname(output);
  const fault = await folderFault(folder);
  if (fault !== undefined) {
    throw new Error(`Cannot write "${output}": ${fault}`);
  }
  if (!await exists(output)) return [];
  const isOwned = await isOwn(output);
  if (!force) {
    if (!isOwned) throw foreignFile(output);
    await checkProtection(output);
  }
  return [
    isOwned
      ? `"${output}" of an earlier run is replaced`
      : `"${output}" is replaced`,
  ];
}

/** The same for the file beside an output. */
async function checkSidecar(
  path: string,
  { inputs, force }: {
    readonly inputs: readonly string[];
    readonly force: boolean;
  },
): Promise<void> {
  await checkFree(path, inputs);
  if (force || !await exists(path)) return;
  if (await readSidecar(path) === undefined) throw foreignFile(path);
  await checkProtection(path);
}

function foreignFile(path: string): OutputTakenError {
  return new OutputTakenError(path, {
    rule:
      "it must not replace a file of another program: got one; name another file, or add --force",
    reason: "is not of this program and stays",
  });
}

/** Refuses to replace a file that nobody may write, which a rename could. */
export async function checkProtection(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (found.mode & 0o222) !== 0) return;
  throw new OutputTakenError(path, {
    rule:
      "it must not replace a write-protected file: got one; name another file, or add --force",
    reason: "is write-protected and stays",
  });
}

/** Text of a picture that tells a preview. */
export const PREVIEW_TEXT = "edit_transfer_preview";

/** Whether this program wrote a file. */
export async function isOwn(path: string): Promise<boolean> {
  try {
    const text = await textOf(path);
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
    throw new OutputTakenError(output, {
      rule: `it must not replace an input: got the same file as "${input}"`,
      reason: "is an input and stays",
    });
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
