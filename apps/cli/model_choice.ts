import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "./exit_code.ts";
import { fileHash, modelHash } from "./file_hash.ts";
import type { ModelFlags } from "./program.ts";
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
  fileURLToPath(new URL("../../fixtures/micro", import.meta.url));

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

/** Model and LoRAs of an earlier run. */
export function recordedModel(
  record: Pick<EditRecord, "model" | "loras">,
): ModelChoice {
  return {
    model: namedModel(record.model.path),
    loras: record.loras.map(({ path, scale }) => ({
      ...namedLora(path),
      scale,
    })),
  };
}

/** Hashes of a model and its LoRAs, as records keep them. */
export async function hashModel(
  { model, loras }: ModelChoice,
): Promise<Pick<EditRecord, "model" | "loras">> {
  const hashed = [];
  for (const { name, path, scale } of loras) {
    hashed.push({ path: name, scale, sha256: await fileHash(path) });
  }
  return {
    model: { path: model.name, sha256: await modelHash(model.path) },
    loras: hashed,
  };
}

/** Refuses files that are not there, before any work is done. */
export async function checkModel(choice: ModelChoice): Promise<void> {
  const { model, loras } = choice;
  if (await stat(model.path).catch(() => undefined) === undefined) {
    throw new Error(
      `Cannot load model "${model.path}" as it must be a folder or a weight file: got nothing there`,
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
