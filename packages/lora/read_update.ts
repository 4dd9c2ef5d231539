import {
  type TensorInfo,
  type WeightSource,
  widen,
} from "@edit-transfer/weights";
import type { AdapterConfig } from "./_adapter_config.ts";
import { findNonFinite, widened } from "./_matrix.ts";
import { formOf } from "./forms/mod.ts";
import { productShape } from "./forms/kronecker.ts";
import type { LoraModule } from "./group_names.ts";
import { LoraError } from "./lora_error.ts";
import type {
  KroneckerFactor,
  LayerUpdate,
  LoraMatrix,
  Magnitude,
} from "./lora_file.ts";
import type { Piece } from "./lora_pieces.ts";

/** Largest width of a layer that a LoKr may have; FLUX.1 has 21504. */
const MAX_WIDTH = 2 ** 20;

/** Reads and checks the arrays of one module. */
export async function readUpdate(
  source: WeightSource,
  { module, config }: { module: LoraModule; config: AdapterConfig },
): Promise<LayerUpdate> {
  const reader = new ModuleReader(source, module, config);
  const weight = await reader.weight();
  const shape = weight && formOf(weight).shape(weight);
  const bias = await reader.bias(weight);
  if (weight === undefined) return { kind: "bias", bias: bias! };
  const magnitude = await reader.magnitude(shape!);
  if (magnitude === undefined && config.dora && weight.kind === "lowRank") {
    throw new LoraError(
      `Cannot read "${source.path}" as each layer must have a lora_magnitude_vector where its config has use_dora: got none for "${module.name}"`,
      { path: source.path },
    );
  }
  return { ...weight, ...bias && { bias }, ...magnitude && { magnitude } };
}

/** Reads the arrays of one module. */
class ModuleReader {
  readonly #source: WeightSource;
  readonly #module: LoraModule;
  readonly #config: AdapterConfig;

  constructor(
    source: WeightSource,
    module: LoraModule,
    config: AdapterConfig,
  ) {
    this.#source = source;
    this.#module = module;
    this.#config = config;
  }

  /** The change of the weight, if there is one. */
  async weight(): Promise<LayerUpdate | undefined> {
    if (this.#has("A")) return await this.#lowRank();
    if (this.#has("hada1a")) return await this.#hadamard();
    if (this.#has("w1") || this.#has("w1a")) return await this.#kronecker();
    if (this.#has("diff")) {
      return { kind: "full", diff: await this.#matrix("diff") };
    }
    const { gain, gainDiff } = this.#module.pieces;
    const name = gain ?? gainDiff;
    if (name === undefined) return undefined;
    const replaces = gain !== undefined;
    return { kind: "gain", values: await this.#vector(name), replaces };
  }

  /** What is added to the bias, if anything is. */
  async bias(
    weight: LayerUpdate | undefined,
  ): Promise<Float32Array<ArrayBuffer> | undefined> {
    const { pieces } = this.#module;
    const whole = pieces.diffBias && await this.#vector(pieces.diffBias);
    const up = pieces["B.bias"] && await this.#vector(pieces["B.bias"]);
    const down = pieces["A.bias"] && await this.#vector(pieces["A.bias"]);
    const given = whole || up || down;
    if (!given) return undefined;
    const out = weight === undefined
      ? given.length
      : formOf(weight).shape(weight)[0]!;
    if (whole) this.#requireLength(whole, out, pieces.diffBias!);
    const sum = new Float32Array(out);
    if (whole) sum.set(whole);
    if (weight?.kind !== "lowRank") return sum;
    const { B, scaling } = weight;
    if (up) {
      this.#requireLength(up, out, pieces["B.bias"]!);
      up.forEach((value, o) => sum[o]! += scaling * value);
    }
    if (down) { // B (A x + a)
      const rank = B.shape[1];
      this.#requireLength(down, rank, pieces["A.bias"]!);
      const data = widened(B).data;
      for (let o = 0; o < out; o++) {
        const row = data.subarray(o * rank, (o + 1) * rank);
        let dot = 0;
        down.forEach((value, r) => dot += row[r]! * value);
        sum[o]! += scaling * dot;
      }
    }
    return sum;
  }

  /** Norms of a DoRA, if it is one. */
  async magnitude(shape: readonly number[]): Promise<Magnitude | undefined> {
    const { magnitude, doraScale } = this.#module.pieces;
    const name = magnitude ?? doraScale;
    if (name === undefined) return undefined;
    const { shape: stored } = this.#source.info(name);
    const values = await this.#vector(name);
    const [out, into] = shape as [number, number];
    // LyCORIS has [out, 1] or [1, in]
    const columns = doraScale !== undefined && stored[0] !== out;
    this.#requireLength(values, columns ? into : out, name);
    return {
      values,
      axis: columns ? "in" : "out",
      manner: magnitude === undefined ? "lycoris" : "peft",
      layers: [],
    };
  }

  async #lowRank(): Promise<LayerUpdate> {
    const A = await this.#matrix("A");
    const B = await this.#matrix("B");
    const [rank] = A.shape;
    if (B.shape[1] !== rank) {
      throw this.#fault(
        `lora_B of "${this.#module.name}" must be [out, ${rank}] for lora_A [${
          A.shape.join(", ")
        }]: got [${B.shape.join(", ")}]`,
      );
    }
    return { kind: "lowRank", A, B, ...await this.#strength(rank) };
  }

  async #hadamard(): Promise<LayerUpdate> {
    const [w1a, w1b, w2a, w2b] = [
      await this.#matrix("hada1a"),
      await this.#matrix("hada1b"),
      await this.#matrix("hada2a"),
      await this.#matrix("hada2b"),
    ];
    if (
      w1a.shape[1] !== w1b.shape[0] || w2a.shape[1] !== w2b.shape[0] ||
      w1a.shape[0] !== w2a.shape[0] || w1b.shape[1] !== w2b.shape[1]
    ) {
      throw this.#fault(
        `the factors of LoHa of "${this.#module.name}" must be [out, r], [r, in] twice: got ${
          [w1a, w1b, w2a, w2b].map(({ shape }) => `[${shape.join(", ")}]`)
            .join(", ")
        }`,
      );
    }
    const strength = await this.#strength(w1b.shape[0]);
    return { kind: "hadamard", w1a, w1b, w2a, w2b, ...strength };
  }

  async #kronecker(): Promise<LayerUpdate> {
    const w1 = await this.#factor("w1", "w1a", "w1b");
    const w2 = await this.#factor("w2", "w2a", "w2b");
    const [out, into] = productShape({ w1, w2 });
    if (out > MAX_WIDTH || into > MAX_WIDTH) {
      throw this.#fault(
        `LoKr of "${this.#module.name}" is too large: got [${out}, ${into}]`,
      );
    }
    const rank = w1[1]?.shape[0] ?? w2[1]?.shape[0];
    // two whole factors have no rank, and no strength but 1
    const strength = rank === undefined
      ? { alpha: 1, scaling: 1 }
      : await this.#strength(rank);
    return { kind: "kronecker", w1, w2, ...strength };
  }

  async #factor(whole: Piece, a: Piece, b: Piece): Promise<KroneckerFactor> {
    if (this.#has(whole)) return [await this.#matrix(whole)];
    const [left, right] = [await this.#matrix(a), await this.#matrix(b)];
    if (left.shape[1] === right.shape[0]) return [left, right];
    throw this.#fault(
      `the factors of LoKr of "${this.#module.name}" must be [n, r] and [r, m]: got [${
        left.shape.join(", ")
      }] and [${right.shape.join(", ")}]`,
    );
  }

  /** Alpha and what the update is multiplied by. */
  async #strength(rank: number): Promise<{ alpha: number; scaling: number }> {
    const { name, pieces } = this.#module;
    const told = pieces.alpha === undefined
      ? undefined
      : await this.#alpha(pieces.alpha);
    const config = this.#config;
    const alpha = told ?? config.alphaOf(name) ?? rank;
    const wanted = config.rankOf(name);
    if (told === undefined && wanted !== undefined && wanted !== rank) {
      throw this.#fault(
        `"${name}" must have the rank of its config, ${wanted}, by which alpha is divided: got ${rank}`,
      );
    }
    const divisor = config.rsLora ? Math.sqrt(rank) : rank;
    return { alpha, scaling: alpha / divisor };
  }

  /** A number >= 0 of any type. */
  async #alpha(name: string): Promise<number> {
    const { dtype, shape } = this.#source.info(name);
    const whole = shape.every((extent) => extent === 1);
    const values = whole ? await readNumbers(this.#source, name) : undefined;
    const alpha = values === undefined ? NaN : values[0]!;
    if (alpha >= 0 && alpha < Infinity) return alpha;
    throw this.#fault(
      `"${name}" must be one number >= 0: got ${dtype} [${shape.join(", ")}]${
        values === undefined ? "" : ` ${alpha}`
      }`,
    );
  }

  /** An array `[rows, columns]`, or that and ones. */
  async #matrix(piece: Piece): Promise<LoraMatrix> {
    const name = this.#module.pieces[piece]!;
    const { dtype, shape } = this.#source.info(name);
    const [rows = 0, columns = 0, ...rest] = shape;
    if (
      !isFloat(dtype) || shape.length < 2 || rows === 0 || columns === 0 ||
      rest.some((extent) => extent !== 1)
    ) {
      throw this.#fault(
        `"${name}" must be a matrix of floats: got ${dtype} [${
          shape.join(", ")
        }]`,
      );
    }
    const matrix = {
      shape: [rows, columns] as const,
      ...await readFloats(this.#source, name),
    };
    this.#requireFinite(matrix, name);
    return matrix;
  }

  /** Elements of an array that has one extent besides ones. */
  async #vector(name: string): Promise<Float32Array<ArrayBuffer>> {
    const { dtype, shape } = this.#source.info(name);
    const length = shape.reduce((n, extent) => n * extent, 1);
    if (
      !isFloat(dtype) || length === 0 || shape.length === 0 ||
      shape.filter((extent) => extent !== 1).length > 1
    ) {
      throw this.#fault(
        `"${name}" must be a vector of floats: got ${dtype} [${
          shape.join(", ")
        }]`,
      );
    }
    const matrix = {
      shape: [1, length] as const,
      ...await readFloats(this.#source, name),
    };
    this.#requireFinite(matrix, name);
    return widened(matrix).data as Float32Array<ArrayBuffer>;
  }

  #has(piece: Piece): boolean {
    return this.#module.pieces[piece] !== undefined;
  }

  #requireLength(values: Float32Array, length: number, name: string): void {
    if (values.length === length) return;
    throw this.#fault(
      `"${name}" must be [${length}]: got ${values.length} values`,
    );
  }

  #requireFinite(matrix: LoraMatrix, name: string): void {
    const bad = findNonFinite(matrix);
    if (bad === -1) return;
    throw this.#fault(
      `weights must be finite: got NaN or infinity in "${name}" at element ${bad}`,
    );
  }

  #fault(rule: string): LoraError {
    const { path } = this.#source;
    return new LoraError(`Cannot read "${path}" as ${rule}`, { path });
  }
}

type FloatType = LoraMatrix["dtype"] | "F8_E4M3" | "F8_E5M2" | "F64";

function isFloat(dtype: TensorInfo["dtype"]): dtype is FloatType {
  return ["F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "F64"].includes(dtype);
}

/** Elements in a type that branches have: others become float32. */
async function readFloats(
  source: WeightSource,
  name: string,
): Promise<Pick<LoraMatrix, "dtype" | "data">> {
  const { dtype } = source.info(name);
  const bytes = await source.read(name);
  if (dtype === "F64") {
    return { dtype: "F32", data: Float32Array.from(float64s(bytes)) };
  }
  if (dtype !== "F16" && dtype !== "BF16") {
    return { dtype: "F32", data: Float32Array.from(widen(bytes, dtype)) };
  }
  const { buffer } = Uint8Array.from(bytes);
  return { dtype, data: new Uint16Array(buffer) };
}

/** Elements of an array of integers or floats; undefined for other types. */
async function readNumbers(
  source: WeightSource,
  name: string,
): Promise<ArrayLike<number> | undefined> {
  const { dtype } = source.info(name);
  const bytes = await source.read(name);
  const { buffer } = bytes.slice();
  switch (dtype) {
    case "F64":
      return float64s(bytes);
    case "I64":
      return Array.from(new BigInt64Array(buffer), Number);
    case "U64":
      return Array.from(new BigUint64Array(buffer), Number);
    case "I32":
      return new Int32Array(buffer);
    case "U32":
      return new Uint32Array(buffer);
    case "I16":
      return new Int16Array(buffer);
    case "U16":
      return new Uint16Array(buffer);
    case "I8":
      return new Int8Array(buffer);
    case "U8":
      return new Uint8Array(buffer);
    default:
      return isFloat(dtype) ? widen(bytes, dtype) : undefined;
  }
}

function float64s(bytes: Uint8Array<ArrayBuffer>): Float64Array {
  return new Float64Array(bytes.slice().buffer);
}
