import { hashFile } from "@edit-transfer/files";
import { modelHash } from "@edit-transfer/pipeline";
import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "@edit-transfer/terminal";
import type { ModelFlags } from "./flags.ts";
import { checkSame } from "./read_inputs.ts";
import { type EditRecord, EMBEDDED } from "./record.ts";

/** A file as the user names it, and where it is. */
export interface NamedFile {
  /** Name in records. */
  readonly name: string;
  /** Path to read. */
  readonly path: string;
}

/** Model and LoRAs of a run. */
export interface ModelChoice {
  /** Model folder. */
  readonly model: NamedFile;
  /** LoRA files with their scales. */
  readonly loras: readonly (NamedFile & { readonly scale: number })[];
}

const embeddedModel = (): string =>
  fileURLToPath(new URL("../../models/micro", import.meta.url));

/**
 * Model and LoRAs that flags ask for: by default the embedded model, and for
 * edits the LoRA that comes with it.
 */
export function chooseModel(
  flags: Pick<ModelFlags, "model" | "lora">,
  { ownLora }: { readonly ownLora: boolean },
): ModelChoice {
  const model = namedModel(flags.model ?? EMBEDDED);
  if (Array.isArray(flags.lora)) {
    return { model, loras: parseLoras(flags.lora) };
  }
  const own = model.name === EMBEDDED && flags.lora !== false && ownLora;
  return { model, loras: own ? [{ ...namedLora(EMBEDDED), scale: 1 }] : [] };
}

/**
 * Model and LoRAs of an earlier run, as far as no flag wins over them; its LoRAs
 * do not go with another model.
 */
export function rechooseModel(
  flags: Pick<ModelFlags, "model" | "lora">,
  { record, ...options }: {
    readonly record: Pick<EditRecord, "model" | "loras">;
    readonly ownLora: boolean;
  },
): ModelChoice {
  if (flags.model !== undefined || flags.lora !== undefined) {
    return chooseModel({ model: record.model.path, ...flags }, options);
  }
  const loras = record.loras.map(({ path, scale }) => ({
    ...namedLora(path),
    scale,
  }));
  return { model: namedModel(record.model.path), loras };
}

/** Hashes of a model and its LoRAs, as records keep them. */
export async function hashModel(
  { model, loras }: ModelChoice,
): Promise<Pick<EditRecord, "model" | "loras">> {
  const hashed = [];
  for (const { name, path, scale } of loras) {
    hashed.push({ path: name, scale, sha256: await hashFile(path) });
  }
  return {
    model: { path: model.name, sha256: await modelHash(model.path) },
    loras: hashed,
  };
}

/** Refuses to repeat a run with weights that are not what they were. */
export function checkWeights(
  now: Pick<EditRecord, "model" | "loras">,
  then: Pick<EditRecord, "model" | "loras">,
): void {
  if (now.model.path === then.model.path) {
    checkSame(now.model.path, now.model.sha256, then.model.sha256);
  }
  for (const { path, sha256 } of now.loras) {
    const earlier = then.loras.find((lora) => lora.path === path);
    if (earlier !== undefined) checkSame(path, sha256, earlier.sha256);
  }
}

/** Refuses files that are not there, before any work is done. */
export async function checkModel(choice: ModelChoice): Promise<void> {
  const { model, loras } = choice;
  if (await stat(model.path).catch(() => undefined) === undefined) {
    throw new Error(
      `Cannot load model "${model.path}" as it must be a folder or a weight file: got nothing there`,
    );
  }
  const isFile = (await stat(model.path)).isFile();
  if (isFile && !/\.(safetensors|gguf)$/i.test(model.path)) {
    throw new Error(
      `Cannot load model "${model.path}" as a weight file ends in .safetensors or .gguf: got "${
        extname(model.path)
      }"`,
    );
  }
  for (const { path } of loras) {
    if (!(await stat(path).catch(() => undefined))?.isFile()) {
      throw new Error(
        `Cannot load LoRA "${path}" as it must be a file: got nothing there`,
      );
    }
  }
}

function namedModel(name: string): NamedFile {
  return { name, path: name === EMBEDDED ? embeddedModel() : name };
}

function namedLora(name: string): NamedFile {
  return {
    name,
    path: name === EMBEDDED
      ? join(embeddedModel(), "lora", "edit_transfer.safetensors")
      : name,
  };
}

/** Reads `FILE [SCALE] FILE [SCALE] …`. */
function parseLoras(words: readonly string[]): ModelChoice["loras"] {
  const loras: (NamedFile & { scale: number })[] = [];
  let scaled = true;
  for (const word of words) {
    const scale = Number(word);
    if (word.trim() === "" || !Number.isFinite(scale)) {
      loras.push({ ...namedLora(word), scale: 1 });
      scaled = false;
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
