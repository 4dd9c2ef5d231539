import {
  type DType,
  dtypeBytes,
  DTYPES,
  FormatError,
  memoryWeights,
  type TensorData,
  WeightError,
  type WeightSource,
} from "@edit-transfer/weights";
import { mutateJson, type Random, seededRandom } from "../weights/_fuzz.ts";
import { formOf } from "./forms/mod.ts";
import { LoraError } from "./lora_error.ts";
import { requireMatch } from "./match_lora.ts";
import { planLayer } from "./plan_layer.ts";
import { readLora } from "./read_lora.ts";
import { type StyleCase, styleFile } from "./_test_styles.ts";

/** What mutations of some files ended in. */
export interface LoraFuzzCounts {
  /** Mutations that were still sound. */
  sound: number;
  /** Mutations that were refused with an error of ours. */
  refused: number;
  /** Longest time that one took, in ms. */
  longestMs: number;
}

/** Most elements of a mutated array. */
const MAX_ELEMENTS = 20_000;
const WORDS =
  "lora_A lora_B lora_down lora_up alpha diff diff_b w_norm dora_scale lokr_w1 lokr_w2_a hada_w1_b weight bias 0 1 7 transformer text_encoder lora_unet_ lora_te1_ double_blocks qkv linear1 attn to_q . .. __proto__"
    .split(" ");

/** Mutates files of styles: each ends in an error of ours or in a sound plan. */
export async function fuzzStyles(
  styles: readonly StyleCase[],
  { seed, runs, shapes }: {
    seed: number;
    runs: number;
    /** Shapes of the model that they are for. */
    shapes: ReadonlyMap<string, readonly number[]>;
  },
): Promise<LoraFuzzCounts> {
  const random = seededRandom(seed);
  const files = await Promise.all(styles.map(contentOf));
  const counts = { sound: 0, refused: 0, longestMs: 0 };
  for (let run = 0; run < runs; run++) {
    const file = mutated(files[random(files.length)]!, random);
    const start = performance.now();
    try {
      await plan(file, shapes);
      counts.sound++;
    } catch (error) {
      const ours = error instanceof LoraError || error instanceof WeightError ||
        error instanceof FormatError;
      if (!ours) {
        throw new Error(
          `Mutation ${run} of seed ${seed} ended with another error, its names ${
            [...file.names()].slice(0, 8).join(", ")
          }`,
          { cause: error },
        );
      }
      counts.refused++;
    }
    counts.longestMs = Math.max(counts.longestMs, performance.now() - start);
  }
  return counts;
}

/** Arrays and metadata of a file. */
interface Content {
  readonly tensors: Readonly<Record<string, TensorData>>;
  readonly metadata: Readonly<Record<string, string>>;
}

async function contentOf(style: StyleCase): Promise<Content> {
  const source = styleFile(style);
  const tensors: Record<string, TensorData> = {};
  for (const name of source.names()) {
    const { dtype, shape } = source.info(name);
    tensors[name] = { dtype, shape, data: await source.read(name) };
  }
  return { tensors, metadata: style.metadata };
}

function mutated({ tensors, metadata }: Content, random: Random): WeightSource {
  const entries = Object.entries(tensors);
  for (let n = 1 + random(3); n > 0 && entries.length > 0; n--) {
    const at = random(entries.length);
    const [name, tensor] = entries[at]!;
    switch (random(6)) {
      case 0:
        entries.splice(at, 1);
        break;
      case 1:
        entries[at] = [renamed(name, random), tensor];
        break;
      case 2:
        entries.push([renamed(name, random), tensor]);
        break;
      case 3:
        entries[at] = [name, ofType(tensor, pick(DTYPES, random), random)];
        break;
      case 4:
        entries[at] = [name, ofShape(tensor, random)];
        break;
      default:
        entries[at] = [name, ofType(tensor, tensor.dtype, random)];
    }
  }
  const config = metadata.lora_adapter_metadata;
  const changed = config === undefined || random(2) === 0 ? metadata : {
    ...metadata,
    lora_adapter_metadata: JSON.stringify(
      mutateJson(JSON.parse(config), random),
    ),
  };
  return memoryWeights(Object.fromEntries(entries), { metadata: changed });
}

function renamed(name: string, random: Random): string {
  const parts = name.split(/(?<=[._])/);
  const at = random(parts.length);
  if (random(3) === 0) parts.splice(at, 1);
  else parts[at] = pick(WORDS, random) + pick([".", "_", ""], random);
  return parts.join("") || "x";
}

function ofShape(tensor: TensorData, random: Random): TensorData {
  const shape = [...tensor.shape];
  const at = random(shape.length + 1);
  if (at === shape.length) shape.push(1 + random(2));
  else if (random(3) === 0) shape.splice(at, 1);
  else shape[at] = pick([0, 1, 2, 3, 24, shape[at]! * 2, 97], random);
  return ofType({ ...tensor, shape }, tensor.dtype, random);
}

/** The array in another type, of any bytes. */
function ofType(
  { shape }: TensorData,
  dtype: DType,
  random: Random,
): TensorData {
  const count = shape.reduce((n, extent) => n * extent, 1);
  if (count > MAX_ELEMENTS) {
    return ofType(
      { dtype, shape: [2], data: new Float32Array(2) },
      dtype,
      random,
    );
  }
  const data = new Uint8Array(count * dtypeBytes(dtype));
  const step = 1 + random(9);
  const most = pick([64, 64, 256], random); // floats of bytes below 64 are finite
  for (let i = 0; i < data.length; i += step) data[i] = random(most);
  return { dtype, shape, data };
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)]!;
}

/** Reads a file for a model and plans each layer. */
async function plan(
  source: WeightSource,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  const file = await readLora(source);
  const { matched } = requireMatch(shapes, {
    file,
    verb: "attach",
    allowUnmatched: true,
  });
  for (const key of matched) {
    const update = file.layers.get(key)!;
    const [out, into] = shapes.get(key)!;
    const n = update.magnitude?.values.length ?? 0;
    const { pair, whole, bias, inGain, outGain } = planLayer(update, {
      key,
      path: source.path,
      scale: 1,
      gains: new Map([[key, new Float32Array(n).fill(1)]]),
    });
    const wanted = [
      [pair?.B.shape[0], out],
      [pair?.A.shape[1], into],
      [pair?.A.shape[0], pair?.B.shape[1]],
      [whole?.shape[0], out],
      [whole?.shape[1], into],
      [bias?.length, out],
      [outGain?.length, out],
      [inGain?.length, into],
    ];
    for (const [got, expected] of wanted) {
      if (got === undefined || got === expected) continue;
      throw new Error(`Plan of "${key}" has extent ${got}, not ${expected}`);
    }
    const { data } = formOf(update).matrices(update)[0] ?? {};
    if (data?.length === 0) throw new Error(`Update of "${key}" is empty`);
  }
}
