import { KEY_MAP_BFL_VAE } from "@edit-transfer/vae";
import {
  countBlocks,
  KEY_MAP_BFL_FLUX,
  type KeyMap,
  openWeights,
  type TensorData,
  type WeightSource,
  writeSafetensors,
} from "@edit-transfer/weights";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the embedded model. */
export const MICRO: string = fileURLToPath(
  new URL("../../models/micro", import.meta.url),
);

type Tensors = Record<string, TensorData>;

/** Parts of the embedded model, and their maps. */
const PARTS = {
  transformer: ["transformer", KEY_MAP_BFL_FLUX],
  vae: ["vae", KEY_MAP_BFL_VAE],
  clip: ["text_encoder", [] as KeyMap],
  t5: ["text_encoder_2", [] as KeyMap],
} as const;

const FOLDERS = [
  "scheduler",
  ...Object.values(PARTS).map(([folder]) => folder),
];

/** Arrays of a part of the embedded model in another layout. */
export async function inLayout(
  role: keyof typeof PARTS,
  prefix = "",
): Promise<Tensors> {
  const [folder, map] = PARTS[role];
  await using source = await openWeights(join(MICRO, folder));
  const start =
    role === "clip" && !source.has("text_model.final_layer_norm.bias")
      ? "text_model."
      : "";
  const tensors: Tensors = {};
  for (const name of source.names()) {
    const found = map.length === 0
      ? { name: start + name, parts: [start + name], ...AS_IT_IS }
      : stored(map, start + name, [...source.names()]);
    if (found === undefined) continue;
    const parts = found.parts.map((part) => part.slice(start.length));
    const data = await joined(source, parts);
    tensors[prefix + found.name] = {
      dtype: source.info(name).dtype,
      shape: shapeOf(source, parts, found.pointwise),
      data: found.halvesSwapped ? swapped(data) : data,
    };
  }
  return tensors;
}

const AS_IT_IS = { halvesSwapped: false, pointwise: false };

/** Name in the layout of an array, if it is the first that the name holds. */
function stored(map: KeyMap, name: string, names: readonly string[]) {
  for (const entry of map) {
    const [first, ...rest] = [entry.to].flat() as [string, ...string[]];
    const pattern = first.replaceAll(".", "\\.")
      .replace(/\{-?i\}/, "(?<i>\\d+)").replace("{j}", "(?<j>\\d+)");
    const match = name.match(
      new RegExp(`^${pattern}(?<suffix>\\.weight|\\.bias)?$`),
    );
    if (match === null) continue;
    const { i, j = "", suffix = "" } = match.groups!;
    const stem = first.slice(0, Math.max(0, first.indexOf("{-i}")));
    const from = first.includes("{-i}")
      ? String(countBlocks(names, stem) - 1 - Number(i))
      : i ?? "";
    const fill = (text: string) =>
      text.replace("{i}", i ?? "").replace("{j}", j) + suffix;
    return {
      name: entry.from.replace("{i}", from).replace("{j}", j) + suffix,
      parts: [name, ...rest.map(fill)],
      halvesSwapped: entry.halvesSwapped === true,
      pointwise: entry.pointwise === true && suffix === ".weight",
    };
  }
  return undefined;
}

async function joined(
  source: WeightSource,
  parts: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const blob = new Blob(await Array.fromAsync(parts, (p) => source.read(p)));
  return new Uint8Array(await blob.arrayBuffer());
}

function shapeOf(
  source: WeightSource,
  parts: readonly string[],
  pointwise: boolean,
): number[] {
  const shapes = parts.map((part) => source.info(part).shape);
  const rows = shapes.reduce((sum, [extent = 1]) => sum + extent, 0);
  const shape = [rows, ...shapes[0]!.slice(1)];
  return pointwise ? [...shape, 1, 1] : shape;
}

function swapped(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const half = bytes.length / 2;
  const out = new Uint8Array(bytes.length);
  out.set(bytes.subarray(half));
  out.set(bytes.subarray(0, half), half);
  return out;
}

/** What a folder of the embedded model in single files is made of. */
export interface SingleFiles {
  /** Weight files and their arrays. */
  readonly files: Readonly<Record<string, Tensors>>;
  /** Folders that have their config at diffusers' place. */
  readonly configs?: readonly string[];
  /** Whether the tokenisers lie beside. */
  readonly tokenizers?: boolean;
}

/** Calls `body` with a folder of single files. */
export async function withSingleFiles(
  { files, configs = FOLDERS, tokenizers = true }: SingleFiles,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "model-"));
  const copy = (path: string) =>
    cp(join(MICRO, path), join(folder, path), { recursive: true });
  try {
    for (const [name, tensors] of Object.entries(files)) {
      await writeSafetensors(join(folder, name), tensors);
    }
    if (tokenizers) {
      await copy("tokenizer");
      await copy("tokenizer_2");
    }
    for (const part of configs) {
      const file = part === "scheduler" ? "scheduler_config" : "config";
      await copy(`${part}/${file}.json`);
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
