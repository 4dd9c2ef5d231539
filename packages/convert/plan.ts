import { modelFiles, type ModelFolder } from "@edit-transfer/pipeline";
import { KEY_MAP_GGUF_T5, type T5Config } from "@edit-transfer/text";
import {
  type GgufLayout,
  type GgufValue,
  KEY_MAP_BFL_FLUX,
  layOutGguf,
  unmapKeys,
  type WeightSource,
} from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type ConvertRule,
  type ConvertType,
  typeOf,
  unusedRules,
} from "./rules.ts";

/** A GGUF file to be written. */
export interface GgufPlan {
  /** Name of the file. */
  readonly name: string;
  /** Arrays under the names of the file. */
  readonly source: WeightSource;
  /** Where they go. */
  readonly layout: GgufLayout;
}

/** A safetensors file to be written, its arrays as they are stored. */
export interface CopyPlan {
  /** Name of the file. */
  readonly name: string;
  /** Arrays. */
  readonly source: WeightSource;
  /** Name of an array in the file. */
  readonly nameOf: (array: string) => string;
}

/** All that a conversion is going to write. */
export interface ConvertPlan {
  readonly gguf: readonly GgufPlan[];
  readonly copies: readonly CopyPlan[];
  /** Small files and the LoRA, by their path below the model folder. */
  readonly files: readonly string[];
  /** Digest of the plan and of what the model's files look like. */
  readonly hash: string;
}

/** What decides the types. */
export interface ConvertChoice {
  /** Type of all matrices that no rule is about. */
  readonly type: ConvertType;
  /** Rules that win over the built-in ones, the first that matches. */
  readonly rules: readonly ConvertRule[];
}

/** Numbers of `general.file_type` in GGUF. */
const FILE_TYPES: Readonly<Partial<Record<ConvertType, number>>> = {
  f32: 0,
  f16: 1,
  q4_0: 2,
  q8_0: 7,
  q4_k: 15,
  q5_k: 17,
  bf16: 32,
};

/** Folders in which configs and tokenizers lie. */
const CONFIGS = ["transformer", "vae", "text_encoder", "text_encoder_2"];
const FOLDERS = ["scheduler", "tokenizer", "tokenizer_2"];

/** Plans the conversion of a model, without reading data. */
export async function planConversion(
  model: ModelFolder,
  choice: ConvertChoice,
): Promise<ConvertPlan> {
  const { type, rules } = choice;
  const label = type === "stored" ? "" : `-${type.toUpperCase()}`;
  const { transformer, t5 } = inGgufNames(model);
  const unused = unusedRules(rules, [...transformer.names(), ...t5.names()]);
  if (unused.length > 0) {
    throw new RangeError(
      `Cannot convert as each rule must be about an array: got none like ${
        unused.map((pattern) => JSON.stringify(pattern)).join(", ")
      }, names are like "double_blocks.0.img_mlp.0.weight" and "enc.blk.0.ffn_up.weight"`,
    );
  }
  const general = {
    "general.quantization_version": 2,
    ...FILE_TYPES[type] === undefined
      ? {}
      : { "general.file_type": FILE_TYPES[type] },
  };
  const gguf = [
    planGguf(`transformer${label}.gguf`, transformer, choice, {
      "general.architecture": "flux",
      ...general,
    }),
    planGguf(`t5${label}.gguf`, t5, choice, {
      "general.architecture": "t5encoder",
      ...general,
      ...t5Metadata(model.t5.config),
    }),
  ];
  const copies = [
    {
      name: "clip_l.safetensors",
      source: model.clip.weights,
      // transformers 5 leaves out what all others have
      nameOf: (array: string) =>
        /^(embeddings|encoder|final_layer_norm)\./.test(array)
          ? `text_model.${array}`
          : array,
    },
    {
      name: "vae.safetensors",
      source: model.vae.weights,
      nameOf: (array: string) => array,
    },
  ];
  const { lora } = model.settings;
  const own = lora === undefined ? [] : [lora];
  const files = [...await smallFiles(model.path), ...own];
  const hash = createHash("sha256");
  for (const { name, layout } of gguf) hash.update(name).update(layout.header);
  const read = Object.values(await modelFiles(model)).flat();
  for (const line of await fingerprint(model.path, [...read, ...files])) {
    hash.update(line);
  }
  return { gguf, copies, files, hash: hash.digest("hex") };
}

/** Transformer and T5 under the names that their GGUF files have. */
export function inGgufNames(
  { transformer, t5 }: Pick<ModelFolder, "transformer" | "t5">,
): { readonly transformer: WeightSource; readonly t5: WeightSource } {
  return {
    transformer: unmapKeys(transformer.weights, KEY_MAP_BFL_FLUX),
    t5: unmapKeys(t5.weights, KEY_MAP_GGUF_T5),
  };
}

function planGguf(
  name: string,
  source: WeightSource,
  { type, rules }: ConvertChoice,
  metadata: Readonly<Record<string, GgufValue>>,
): GgufPlan {
  const tensors = [...source.names()].map((array) => {
    const info = source.info(array);
    return {
      name: array,
      type: typeOf(info, { rules, otherwise: type }),
      shape: info.shape,
    };
  });
  return { name, source, layout: layOutGguf(tensors, metadata) };
}

/** What llama.cpp wants to know of a T5 encoder. */
function t5Metadata(config: T5Config): Record<string, GgufValue> {
  return {
    "t5encoder.context_length": 512,
    "t5encoder.embedding_length": config.modelSize,
    "t5encoder.feed_forward_length": config.feedForwardSize,
    "t5encoder.block_count": config.layers,
    "t5encoder.attention.head_count": config.heads,
    "t5encoder.attention.key_length": config.headSize,
    "t5encoder.attention.value_length": config.headSize,
    "t5encoder.attention.layer_norm_epsilon": { f32: config.layerNormEps },
    "t5encoder.attention.relative_buckets_count": config.buckets,
    "t5encoder.attention.layer_norm_rms_epsilon": { f32: config.layerNormEps },
  };
}

/** Configs, tokenizers and licences of a model, in order. */
async function smallFiles(folder: string): Promise<string[]> {
  const files = (await namesIn(folder)).filter((name) =>
    /^LICENSE/i.test(name)
  );
  for (const part of CONFIGS) {
    if ((await namesIn(join(folder, part))).includes("config.json")) {
      files.push(`${part}/config.json`);
    }
  }
  for (const part of FOLDERS) {
    for (const name of await namesIn(join(folder, part))) {
      if (/\.(json|txt|model)$/.test(name)) files.push(`${part}/${name}`);
    }
  }
  return files;
}

/** Names, sizes and times of files of a model. */
async function fingerprint(
  folder: string,
  paths: readonly string[],
): Promise<string[]> {
  const lines: string[] = [];
  for (const path of new Set(paths)) {
    const { size, mtimeMs } = await stat(join(folder, path));
    lines.push(`${path} ${size} ${mtimeMs}\n`);
  }
  return lines;
}

/** Files of a folder, sorted; none if it is not there. */
async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
    .catch(() => []);
  return entries.filter((entry) => !entry.isDirectory())
    .map(({ name }) => name).sort();
}
