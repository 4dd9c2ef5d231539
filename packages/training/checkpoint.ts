import { atomicWrite, readJson, replaceFolder } from "@edit-transfer/files";
import {
  openSafetensors,
  type TensorData,
  writeSafetensors,
} from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Fingerprint } from "./fingerprint.ts";
import { type LoraOutput, readLoraValues, writeLora } from "./lora_output.ts";
import type { LoraTrainerState, LoraValues } from "./lora_trainer_state.ts";
import type { TrainerParameter } from "./trainer.ts";

/** Thrown when a checkpoint is not whole. */
export class CheckpointError extends Error {
  /** Always `"CheckpointError"`. */
  override readonly name = "CheckpointError";
}

const word = z.int().min(0).max(2 ** 32 - 1);

const STATE = z.strictObject({
  version: z.literal(1),
  step: z.int().min(0),
  updates: z.int().min(0),
  skipped: z.int().min(0),
  skippedInRow: z.int().min(0),
  cursor: z.strictObject({
    epoch: z.int().min(0),
    position: z.int().min(0),
    random: z.tuple([word, word, word, word]),
  }),
  fingerprint: z.strictObject({
    config: z.record(z.string(), z.unknown()),
    dataset: z.string(),
    items: z.int(),
    model: z.string(),
  }),
});

const COMPLETE = z.strictObject({
  files: z.record(
    z.string(),
    z.strictObject({ bytes: z.int().min(0), sha256: z.string() }),
  ),
});

/** Where a run stands, besides its arrays; plain JSON. */
export type RunState =
  & Omit<z.infer<typeof STATE>, "version" | "fingerprint">
  & {
    readonly fingerprint: Fingerprint;
  };

/** A checkpoint in memory. */
export interface Checkpoint {
  /** Its folder. */
  readonly path: string;
  /** Where the run stood. */
  readonly state: RunState;
  /** The arrays. */
  readonly arrays: LoraTrainerState;
}

/** What is written as a checkpoint. */
export interface CheckpointContent {
  readonly state: RunState;
  readonly arrays: LoraTrainerState;
  /** How the LoRA files are written, in f32. */
  readonly lora: LoraOutput;
  /** Checkpoints to keep, this one included. */
  readonly keep: number;
  /**
   * Step of the checkpoint that the run was at before; later ones are of a run
   * that it left.
   *
   * @default {this step}
   */
  readonly after?: number | undefined;
}

const MOMENTS = [".moment1", ".moment2"] as const;

/**
 * Writes a checkpoint into `folder/NNNNNNNNN`, whole or not at all, and removes
 * the oldest beyond `keep`.
 *
 * All files are flushed in a folder of another name, `complete.json` with their
 * hashes last. Then those of a run that this one left are removed, and the folder
 * gets its name: the newest there is of its own run.
 *
 * @throws {Error} If a value is not finite or a file cannot be written; what was
 * there before stays.
 */
export async function writeCheckpoint(
  folder: string,
  content: CheckpointContent,
): Promise<string> {
  const { arrays, lora, state, keep, after = state.step } = content;
  const name = String(state.step).padStart(9, "0");
  const moments = momentTensors(arrays, lora.parameters);
  await mkdir(folder, { recursive: true });
  await replaceFolder(join(folder, name), async (to) => {
    await writeLora(join(to, "lora.safetensors"), arrays.weights, lora);
    if (arrays.average !== undefined) {
      await writeLora(join(to, "ema.safetensors"), arrays.average, lora);
    }
    await writeSafetensors(join(to, "optimizer.safetensors"), moments);
    await writeJson(join(to, "state.json"), { version: 1, ...state });
    await writeComplete(to);
    await remove(folder, (names) => names.filter((one) => Number(one) > after));
  });
  await remove(folder, (names) => names.slice(0, -keep));
  await removeLeftovers(folder);
  return join(folder, name);
}

/**
 * Reads a checkpoint and checks every byte of it.
 *
 * @throws {CheckpointError} If it is not whole.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  try {
    await checkFiles(path);
    const json = await readJson(join(path, "state.json"));
    const { version: _, ...state } = STATE.parse(json);
    const weights = await readLoraValues(join(path, "lora.safetensors"));
    const moments = await readArrays(join(path, "optimizer.safetensors"));
    const hasAverage = (await readdir(path)).includes("ema.safetensors");
    const [moment1, moment2] = MOMENTS.map((suffix) =>
      Object.fromEntries(
        Object.keys(weights).map((name) => [name, moments[name + suffix]!]),
      )
    ) as [LoraValues, LoraValues];
    const average = hasAverage
      ? await readLoraValues(join(path, "ema.safetensors"))
      : undefined;
    return { path, state, arrays: { weights, average, moment1, moment2 } };
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CheckpointError(
      code === "ENOENT"
        ? `Checkpoint not found: "${path}"`
        : `Cannot read checkpoint "${path}": ${message}`,
      { cause },
    );
  }
}

/** Names of the checkpoints of a run, oldest first; half-written ones are not among them. */
export async function listCheckpoints(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => /^\d{9,}$/.test(name))
    .sort((a, b) => Number(a) - Number(b));
}

/** The newest checkpoint that is whole, and what was passed over. */
export async function latestCheckpoint(
  folder: string,
): Promise<{ checkpoint: Checkpoint | undefined; notices: string[] }> {
  const notices: string[] = [];
  for (const name of (await listCheckpoints(folder)).reverse()) {
    try {
      const checkpoint = await readCheckpoint(join(folder, name));
      return { checkpoint, notices };
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      notices.push(`${error.message}; passed over`);
    }
  }
  return { checkpoint: undefined, notices };
}

/** Adam's moments as they are written, each checked: no file may hold a NaN. */
function momentTensors(
  arrays: LoraTrainerState,
  parameters: readonly TrainerParameter[],
): Record<string, TensorData> {
  const tensors: Record<string, TensorData> = {};
  for (const { name, shape } of parameters) {
    for (const suffix of MOMENTS) {
      const values = suffix === ".moment1" ? arrays.moment1 : arrays.moment2;
      const data = values[name]!;
      const at = data.findIndex((value) => !Number.isFinite(value));
      if (at !== -1) {
        throw new Error(
          `Cannot save "${name}${suffix}" as its values must be finite: got ${
            data[at]
          } at ${at} of ${data.length}`,
        );
      }
      tensors[`${name}${suffix}`] = { dtype: "F32", shape, data };
    }
  }
  return tensors;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  await atomicWrite(path, new TextEncoder().encode(text));
}

async function writeComplete(folder: string): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of (await readdir(folder)).sort()) {
    files[name] = await digest(join(folder, name));
  }
  await writeJson(join(folder, "complete.json"), { files });
}

async function digest(path: string) {
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path, "r");
  for await (const chunk of file.createReadStream()) {
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Refuses a folder without `complete.json`, or of which a file is not as it says. */
async function checkFiles(path: string): Promise<void> {
  const names = await readdir(path);
  if (!names.includes("complete.json")) {
    throw new CheckpointError(
      `Cannot read checkpoint "${path}" as it must be whole: it has no complete.json`,
    );
  }
  const { files } = COMPLETE.parse(await readJson(join(path, "complete.json")));
  for (
    const needed of ["lora.safetensors", "optimizer.safetensors", "state.json"]
  ) {
    if (files[needed] !== undefined) continue;
    throw new CheckpointError(
      `Cannot read checkpoint "${path}" as it must be whole: complete.json does not name ${needed}`,
    );
  }
  for (const [name, { bytes, sha256 }] of Object.entries(files)) {
    const found = names.includes(name)
      ? await digest(join(path, name))
      : { bytes: 0, sha256: "" };
    if (found.bytes === bytes && found.sha256 === sha256) continue;
    throw new CheckpointError(
      `Cannot read checkpoint "${path}" as it must be whole: ${name} has ${found.bytes} of ${bytes} bytes` +
        (found.bytes === bytes ? ", not those that were written" : ""),
    );
  }
}

async function readArrays(path: string): Promise<LoraValues> {
  await using file = await openSafetensors(path);
  const values: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const name of file.names()) {
    const { buffer, byteOffset, length } = await file.read(name);
    values[name] = new Float32Array(buffer, byteOffset, length / 4);
  }
  return values;
}

/** Removes some of the checkpoints: all names at once, then the files. */
async function remove(
  folder: string,
  choose: (names: readonly string[]) => readonly string[],
): Promise<void> {
  const places: string[] = [];
  for (const name of choose(await listCheckpoints(folder)).toReversed()) {
    const aside = join(folder, `.removing-${name}`);
    await rm(aside, { recursive: true, force: true });
    await rename(join(folder, name), aside);
    places.push(aside);
  }
  for (const aside of places) await rm(aside, { recursive: true, force: true });
}

/** Removes what a run that was killed has left half written or half removed. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.(writing|removing)-\d+$/.test(name)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
