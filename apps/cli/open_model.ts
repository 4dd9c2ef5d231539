import { exists, pathOnDisk } from "@edit-transfer/files";
import { LIMITS, numberIn } from "@edit-transfer/files/limits";
import { type MemoryPlan, needsPlan, planMemory } from "@edit-transfer/plan";
import { cacheFolder } from "@edit-transfer/files";
import { DeviceError } from "@edit-transfer/tensor";
import { UsageError } from "@edit-transfer/terminal";
import {
  chooseModel,
  hashModel,
  loadModel,
  type Model,
} from "@edit-transfer/transfer";
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { DeviceFlags, ModelFlags } from "./flags.ts";
import { locateModel } from "./locate_model.ts";
import type { MemoryTask } from "./memory_plan.ts";
import {
  type EditRecord,
  EMBEDDED,
  type GenerateRecord,
  type NamedFile,
  recordedFile,
} from "./record.ts";

/** Model and LoRAs of a run. */
export interface NamedModel extends NamedFile {
  /** LoRA files with their scales. */
  readonly loras: readonly (NamedFile & {
    readonly scale: number;
    readonly allowUnmatched?: boolean | undefined;
  })[];
}

/** An earlier run whose settings are used. */
export interface EarlierRun<Record = EditRecord | GenerateRecord> {
  /** Its output. */
  readonly png: string;
  /** What it says. */
  readonly record: Record;
}

/**
 * Model and LoRAs that flags ask for, else those of an earlier run, else the
 * embedded model; for edits with the LoRA that comes with the model. LoRAs of an
 * earlier run do not go with another model.
 */
export async function namedModel(
  flags: Pick<DeviceFlags, "model" | "lora" | "loraAllowUnmatched">,
  { earlier, ownLora }: {
    readonly earlier?: EarlierRun | undefined;
    readonly ownLora: boolean;
  },
): Promise<NamedModel> {
  const allowUnmatched = flags.loraAllowUnmatched === true;
  const named = await chosenModel(flags, { earlier, ownLora });
  const loras = named.loras.map((lora) => ({ ...lora, allowUnmatched }));
  return { ...named, loras };
}

async function chosenModel(
  flags: Pick<DeviceFlags, "model" | "lora">,
  { earlier, ownLora }: {
    readonly earlier: EarlierRun | undefined;
    readonly ownLora: boolean;
  },
): Promise<NamedModel> {
  const recorded = earlier?.record;
  const model = flags.model ?? recorded?.model.path ?? EMBEDDED;
  const { path, loras: own } = await chooseModel(
    flags.model !== undefined
      ? await locateModel(flags.model)
      : model === EMBEDDED
      ? undefined
      : recordedFile(model, earlier!),
  );
  const named = { path, name: flags.model === undefined ? model : undefined };
  const ownNamed = own.map(({ path }) => ({ path, name: EMBEDDED, scale: 1 }));
  if (Array.isArray(flags.lora)) {
    const loras = parseLoras(flags.lora).map(async (lora) => ({
      ...lora,
      path: await pathOnDisk(lora.path),
    }));
    return { ...named, loras: await Promise.all(loras) };
  }
  if (
    recorded === undefined || flags.model !== undefined || flags.lora === false
  ) {
    return { ...named, loras: ownLora && flags.lora !== false ? ownNamed : [] };
  }
  const loras = recorded.loras.map(({ path: name, scale }) =>
    name === EMBEDDED && ownNamed[0] !== undefined
      ? { ...ownNamed[0], scale }
      : { path: recordedFile(name, earlier!), name, scale }
  );
  return { ...named, loras };
}

/** Reads `FILE [SCALE] FILE [SCALE] …`. */
function parseLoras(words: readonly string[]): NamedModel["loras"] {
  const loras: { path: string; name: undefined; scale: number }[] = [];
  let scaled = true;
  for (const word of words) {
    const scale = Number(word);
    if (word.trim() === "" || Number.isNaN(scale)) {
      loras.push({ path: word, name: undefined, scale: 1 });
      scaled = false;
    } else if (!numberIn(LIMITS.loraScale).safeParse(scale).success) {
      throw new UsageError(
        `Cannot use --lora as a scale is a number from ${
          LIMITS.loraScale.join(" to ")
        }: got "${word}"`,
      );
    } else if (scaled) {
      throw new UsageError(
        `Cannot use --lora as a scale must follow a file: got "${word}"`,
      );
    } else {
      loras.at(-1)!.scale = scale;
      scaled = true;
    }
  }
  return loras;
}

/** Refuses files that are not there, before any work is done. */
export async function checkModel({ path, loras }: NamedModel): Promise<void> {
  if (!await exists(path)) throw new Error(`Model not found: "${path}"`);
  const isFile = (await stat(path)).isFile();
  if (isFile && !/\.(safetensors|gguf)$/i.test(path)) {
    throw new Error(
      `Cannot load model "${path}" as a weight file ends in .safetensors or .gguf: got "${
        extname(path)
      }"`,
    );
  }
  for (const { path } of loras) {
    if (!await exists(path)) throw new Error(`LoRA file not found: "${path}"`);
    if ((await stat(path)).isFile()) continue;
    const files = (await readdir(path)).filter((name) =>
      name.endsWith(".safetensors")
    );
    throw new Error(
      `Cannot load LoRA "${path}" as it must be a safetensors file: got a folder${
        files.length === 0
          ? " without one"
          : `; name a file in it, e.g. "${join(path, files.sort()[0]!)}"`
      }`,
    );
  }
}

/** Hashes of a model and its LoRAs. */
export interface ModelHashes {
  readonly model: string;
  readonly loras: readonly string[];
}

/** Hashes a model; of a repeated run, refuses weights that have changed. */
export async function hashNamedModel(
  model: NamedModel,
  earlier?: EarlierRun | undefined,
): Promise<ModelHashes> {
  const { sha256, loras } = await hashModel(model);
  const hashes = { model: sha256, loras: loras.map(({ sha256 }) => sha256) };
  if (earlier === undefined) return hashes;
  const { record } = earlier;
  if (model.name === record.model.path) {
    checkSame(model.path, sha256, record.model.sha256);
  }
  for (const [i, { path, name }] of model.loras.entries()) {
    const then = record.loras.find((lora) => lora.path === name);
    if (then !== undefined) checkSame(path, hashes.loras[i]!, then.sha256);
  }
  return hashes;
}

/** Refuses to repeat a run with a file that is not what it was. */
export function checkSame(path: string, now: string, then: string): void {
  if (now === then) return;
  throw new Error(
    `Cannot repeat the run as "${path}" must not have changed: got sha256 ${
      now.slice(0, 12)
    }, recorded ${then.slice(0, 12)}`,
  );
}

/**
 * Plans the memory of a run where it is asked for, or where the model may be
 * more than the cpu's tensors can take.
 */
export async function planRun(
  task: () => Promise<MemoryTask>,
  { model, device, flags }: {
    readonly model: NamedModel;
    readonly device: "auto" | "webgpu" | "cpu";
    readonly flags: Pick<ModelFlags, "maxVram" | "dryRun">;
  },
): Promise<MemoryPlan | undefined> {
  const { maxVram, dryRun } = flags;
  if (maxVram === undefined && dryRun !== true) {
    if (!await needsPlan(model.path, device)) return undefined;
  }
  return await planMemory(model.path, {
    ...await task(),
    device,
    maxBytes: maxVram,
    loras: model.loras,
  });
}

/** Opens a model on its device. */
export async function openModel(
  { path, loras }: NamedModel,
  { device, plan, flags, keepTextEncoders }: {
    readonly device: "auto" | "webgpu" | "cpu";
    readonly plan: MemoryPlan | undefined;
    readonly flags: Pick<DeviceFlags, "maxVram" | "textCache">;
    readonly keepTextEncoders?: boolean | undefined;
  },
): Promise<Model> {
  const cache = flags.textCache === false ? undefined : cacheFolder();
  try {
    return await loadModel(path, {
      loras,
      device,
      plan,
      maxVram: flags.maxVram,
      keepTextEncoders,
      textCache: cache === undefined
        ? undefined
        : { folder: join(cache, "edit-transfer", "text") },
    });
  } catch (cause) {
    if ((cause as Error).name !== "DeviceError") throw cause;
    throw new DeviceError(
      `${
        (cause as Error).message
      }; "edit-transfer doctor" tells what is missing`,
      { cause },
    );
  }
}
