import {
  type FluxConfig,
  fluxConfigOf,
  parseFluxConfig,
} from "@edit-transfer/dit";
import {
  parseSchedulerConfig,
  type SchedulerConfig,
} from "@edit-transfer/flow";
import { exists } from "@edit-transfer/files";
import {
  clipConfigOf,
  parseClipTextConfig,
  parseT5Config,
  t5ConfigOf,
} from "@edit-transfer/text";
import { parseVaeConfig, vaeConfigOf } from "@edit-transfer/vae";
import {
  foreignQuantization,
  openGguf,
  openSafetensors,
  type WeightSource,
  widenWeights,
} from "@edit-transfer/weights";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Component, ModelFolder } from "./model_parts.ts";
import { readModelSettings } from "./model_settings.ts";
import { readConfig } from "./read_config.ts";
import { readJson } from "./read_json.ts";
import type { Role } from "./extra_arrays.ts";
import {
  describeWeights,
  type RecognisedPart,
  recogniseFile,
} from "./recognise_weights.ts";
import { refuseUnused } from "./check_weights.ts";

/** Names of files that may hold a part of a model. */
export const WEIGHT_FILE = /\.(safetensors|gguf)$/i;

/** What a part is called, and a file that it is in. */
const WANTED: Readonly<Record<Role, readonly [string, string]>> = {
  transformer: ["a FLUX.1 transformer", "flux1-dev.safetensors or a .gguf"],
  vae: ["an autoencoder", "ae.safetensors"],
  clip: ["a CLIP text encoder", "clip_l.safetensors"],
  t5: ["a T5 text encoder", "t5xxl_fp16.safetensors or a .gguf"],
};

/** Schedulers of FLUX.1-dev, and of -schnell, which embeds no guidance. */
const DEV = {
  shift: 3,
  use_dynamic_shifting: true,
  base_shift: 0.5,
  max_shift: 1.15,
  base_image_seq_len: 256,
  max_image_seq_len: 4096,
};
const SCHNELL = { ...DEV, shift: 1, use_dynamic_shifting: false };

/** Whether weights lie in the folder itself, or the path is a weight file. */
export async function hasSingleFiles(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found !== undefined;
  return (await readdir(path)).some((name) => WEIGHT_FILE.test(name));
}

/** A part and the file it is in. */
interface FiledPart extends RecognisedPart {
  readonly file: string;
  /** Arrays of the file that are of no part. */
  readonly rest: readonly string[];
}

/**
 * Opens a folder of single files, which are told apart by what is in them.
 * Configs are read from where diffusers has them if they are there, and are
 * else those of FLUX.1 with the depths and widths of the weights.
 */
export async function openSingleFiles(path: string): Promise<ModelFolder> {
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const opened: WeightSource[] = [];
  const close = async () => {
    for (const source of opened) await source.close();
  };
  try {
    const parts: FiledPart[] = [];
    const others: string[] = [];
    const preferred = isFolder ? undefined : basename(path);
    const names = (await readdir(folder)).filter((name) =>
      WEIGHT_FILE.test(name)
    ).sort();
    // the file that was named comes first, so that its own fault is told
    names.sort((a, b) => Number(b === preferred) - Number(a === preferred));
    for (const file of names) {
      const source = await openAny(join(folder, file));
      opened.push(source);
      const { parts: found, rest } = recogniseFile(source);
      parts.push(...found.map((part) => ({ ...part, file, rest })));
      if (found.length > 0) continue;
      const what = describeWeights(source);
      if (file === preferred) {
        throw new Error(
          `Cannot use "${path}" as it must hold a part of FLUX.1: got ${what}`,
        );
      }
      others.push(`"${file}" is ${what}`);
    }
    const pick = (role: Role) =>
      pickPart(parts, role, { folder, others, preferred });
    const part = <Config>(
      role: Role,
      place: string,
      parse: (json: unknown, path: string) => Config,
      infer: (weights: WeightSource) => Config,
    ) => readPart(pick(role), { folder, place, parse, infer });
    const transformer = await part(
      "transformer",
      "transformer",
      parseFluxConfig,
      fluxConfigOf,
    );
    const model: ModelFolder = {
      path: folder,
      settings: await readModelSettings(folder),
      transformer,
      vae: await part("vae", "vae", parseVaeConfig, vaeConfigOf),
      clip: await part(
        "clip",
        "text_encoder",
        parseClipTextConfig,
        clipConfigOf,
      ),
      t5: await part("t5", "text_encoder_2", parseT5Config, t5ConfigOf),
      scheduler: await readScheduler(folder, transformer.config),
      [Symbol.asyncDispose]: close,
    };
    await checkTokenizers(folder);
    return model;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens a weight file, in types that models load where these are read. */
export async function openAny(path: string): Promise<WeightSource> {
  const source =
    await (/\.gguf$/i.test(path) ? openGguf(path) : openSafetensors(path));
  return foreignQuantization(source) === undefined
    ? await widenWeights(source)
    : source;
}

/** The one part of a kind; one in the file that was asked for comes first. */
function pickPart(
  parts: readonly FiledPart[],
  role: Role,
  { folder, others, preferred }: {
    folder: string;
    others: readonly string[];
    preferred: string | undefined;
  },
): RecognisedPart {
  const found = parts.filter((part) => part.role === role);
  const [first, second] = found;
  const asked = found.find(({ file }) => file === preferred);
  if (asked !== undefined) return whole(asked);
  const [what, example] = WANTED[role];
  if (first === undefined) {
    const there = others.length === 0 ? "none" : others.join(", ");
    throw new Error(
      `Cannot use model "${folder}" as it must hold ${what}, e.g. ${example}: got ${there}`,
    );
  }
  if (second === undefined) return whole(first);
  throw new Error(
    `Cannot use model "${folder}" as it must hold one ${
      what.replace(/^an? /, "")
    }: ` +
      `got "${first.file}" and "${second.file}"; name the file instead of the folder, or move one away`,
  );
}

/** A part of a file all of whose arrays are of some part. */
function whole(part: FiledPart): FiledPart {
  const { role, weights: { path }, rest } = part;
  refuseUnused(rest, { role, path });
  return part;
}

/** A part with the config beside it, or the one that its weights tell. */
async function readPart<Config>(
  { weights }: RecognisedPart,
  { folder, place, parse, infer }: {
    folder: string;
    place: string;
    parse: (json: unknown, path: string) => Config;
    infer: (weights: WeightSource) => Config;
  },
): Promise<Component<Config>> {
  const path = join(folder, place, "config.json");
  const config = await exists(path)
    ? parse(await readConfig(path), path)
    : infer(weights);
  return { config, weights };
}

async function readScheduler(
  folder: string,
  { guidanceEmbeds }: FluxConfig,
): Promise<SchedulerConfig> {
  const path = join(folder, "scheduler", "scheduler_config.json");
  if (await exists(path)) {
    return parseSchedulerConfig(await readJson(path), path);
  }
  return parseSchedulerConfig(guidanceEmbeds ? DEV : SCHNELL, path);
}

async function checkTokenizers(folder: string): Promise<void> {
  for (const name of ["tokenizer", "tokenizer_2"]) {
    if (await exists(join(folder, name))) continue;
    throw new Error(
      `Cannot use model "${folder}" as the tokenisers must lie beside the weights: ` +
        `got no folder "${name}"; copy "tokenizer" (vocab.json, merges.txt) and "tokenizer_2" ` +
        `(tokenizer.json), with their tokenizer_config.json, from a diffusers folder of FLUX.1`,
    );
  }
}
