import {
  BLOCKS,
  type DType as StoredDType,
  firstBadBlock,
  readStored,
  requireTensor,
  type StoredBlocks,
  type WeightSource,
} from "@edit-transfer/weights";
import type { Device } from "./backend.ts";
import {
  type DenseDType,
  DTYPE_BLOCKS,
  DTYPE_BYTES,
  isQuantized,
  type QuantizedDType,
} from "./dtype.ts";
import { Linear } from "./linear.ts";
import { loadRows, rowsOf, type RowSource } from "./load_rows.ts";
import { cast } from "./ops/cast/cast.ts";
import { permute } from "./ops/permute/permute.ts";
import { keep, scope, track } from "./scope.ts";
import { Tensor } from "./tensor.ts";

/** Options of {@linkcode ParameterReader}. */
export interface ParameterReaderOptions {
  /**
   * Path in front of every name, without the last dot.
   *
   * @default {""}
   */
  readonly prefix?: string | undefined;
  /**
   * Type of linear weights: `"stored"` keeps f16, bf16 and quantised blocks, at
   * half the memory or less, and widens them where they are read; `"f32"` widens
   * them as they are loaded.
   *
   * @default {"stored"}
   */
  readonly linearDType?: "f32" | "stored" | undefined;
}

/** Options of {@linkcode ParameterReader.load}. */
export interface LoadParameterOptions {
  /**
   * `"f32"` widens on the device; `"stored"` keeps f16 and bf16 as they are.
   *
   * @default {"f32"}
   */
  readonly dtype?: "f32" | "stored" | undefined;
  /**
   * Order of the stored axes in the tensor, e.g. `[0, 2, 3, 1]` for a
   * convolution stored as `[Cout, Cin, kh, kw]`.
   *
   * @default {as stored}
   */
  readonly axes?: readonly number[] | undefined;
}

/** Options of {@linkcode ParameterReader.linear}. */
export interface LoadLinearOptions {
  /**
   * Type of the weight.
   *
   * @default {the reader's `linearDType`}
   */
  readonly dtype?: "f32" | "stored" | undefined;
  /**
   * Whether the layer has a bias.
   *
   * @default {true}
   */
  readonly bias?: boolean | undefined;
}

/** Element types that a parameter may be stored in. */
const DTYPES: Partial<Record<StoredDType, Exclude<DenseDType, "i32">>> = {
  F32: "f32",
  F16: "f16",
  BF16: "bf16",
};

/** What a reader and those that it stepped into note. */
interface Notes {
  readonly loaded: { readonly name: string; readonly tensor: Tensor }[];
  /** Names of the checkpoint that were ever loaded. */
  readonly used: Set<string>;
}

/**
 * Loads the parameters of a model by their path in the checkpoint, one path
 * segment a module, so that the code has the structure of the file.
 */
export class ParameterReader {
  /** Device the parameters are loaded to. */
  readonly device: Device;
  /** Path in front of every name, `""` at the root. */
  readonly path: string;
  readonly #source: WeightSource;
  readonly #linearDType: "f32" | "stored";
  readonly #notes: Notes;

  /**
   * Begins at the root of a checkpoint.
   *
   * @param device Device to load to.
   * @param source Checkpoint, which the reader does not own.
   * @param options See {@linkcode ParameterReaderOptions}.
   */
  constructor(
    device: Device,
    source: WeightSource,
    options: ParameterReaderOptions = {},
    notes: Notes = { loaded: [], used: new Set() },
  ) {
    this.device = device;
    this.path = options.prefix ?? "";
    this.#source = source;
    this.#linearDType = options.linearDType ?? "stored";
    this.#notes = notes;
  }

  /**
   * Steps into a module.
   *
   * @param segment Name or number of the module, e.g. `"attn"` or `0`.
   * @returns A reader of that module, which notes what was used here too.
   */
  at(segment: string | number): ParameterReader {
    const prefix = this.#full(String(segment));
    return new ParameterReader(
      this.device,
      this.#source,
      { prefix, linearDType: this.#linearDType },
      this.#notes,
    );
  }

  /**
   * Notes the tensors of a module apart, which is loaded and freed many times.
   *
   * @param device Device to load to; by default the same.
   * @returns A reader of the same module, of what it loads itself.
   */
  apart(device: Device = this.device): ParameterReader {
    return new ParameterReader(
      device,
      this.#source,
      { prefix: this.path, linearDType: this.#linearDType },
      { ...this.#notes, loaded: [] },
    );
  }

  /**
   * Whether the checkpoint has a parameter.
   *
   * @param name Name below {@linkcode ParameterReader.path}.
   * @returns Whether it is there.
   */
  has(name: string): boolean {
    return this.#source.has(this.#full(name));
  }

  /**
   * Loads a parameter.
   *
   * @param name Name below {@linkcode ParameterReader.path}.
   * @param shape Shape it must have.
   * @param options See {@linkcode LoadParameterOptions}.
   * @returns The tensor, owned by the caller and outside of all scopes.
   *
   * @throws {WeightError} If it is missing or of another shape.
   * @throws {TypeError} If it is stored in a type that is no float.
   * @throws {RangeError} If a value is not finite.
   */
  async load(
    name: string,
    shape: readonly number[],
    options: LoadParameterOptions = {},
  ): Promise<Tensor> {
    const full = this.#full(name);
    const info = requireTensor(this.#source, full, shape);
    const dtype = DTYPES[info.dtype];
    if (dtype === undefined) {
      throw new TypeError(
        `Cannot load ${full} from ${this.#source.path} as it must be F32, F16 or BF16: got ${info.dtype}`,
      );
    }
    const stored = await this.#fill(
      full,
      keep(new Tensor(this.device, shape, dtype)),
      rowsOf(this.#source, info),
    );
    const tensor = keep(scope(() => {
      track(stored);
      const wide = dtype === "f32" || options.dtype === "stored"
        ? stored
        : cast(stored, "f32");
      return options.axes === undefined ? wide : permute(wide, options.axes);
    }));
    this.#note(full, tensor);
    return tensor;
  }

  /**
   * Loads the `weight` and the `bias` of a linear layer.
   *
   * @param name Name of the layer below {@linkcode ParameterReader.path}.
   * @param outFeatures Extent of the output.
   * @param inFeatures Extent of the input.
   * @param options See {@linkcode LoadLinearOptions}.
   * @returns The layer; the caller owns both tensors.
   *
   * @throws {WeightError} If a tensor is missing or of another shape.
   */
  async linear(
    name: string,
    outFeatures: number,
    inFeatures: number,
    options: LoadLinearOptions = {},
  ): Promise<Linear> {
    const { bias = true, dtype = this.#linearDType } = options;
    const layer = this.at(name);
    const shape = [outFeatures, inFeatures];
    const weight = dtype === "stored" && layer.#blocks("weight") !== undefined
      ? await layer.#loadBlocks("weight", shape)
      : await layer.load("weight", shape, { dtype });
    if (!bias) return new Linear(weight);
    return new Linear(weight, await layer.load("bias", [outFeatures]));
  }

  /**
   * Tensors loaded so far by this reader and those that it stepped into, for
   * the model that owns them to free.
   *
   * @returns The tensors below {@linkcode ParameterReader.path}.
   */
  loaded(): Tensor[] {
    return this.#notes.loaded.filter(({ name }) =>
      name.startsWith(this.#full(""))
    )
      .map(({ tensor }) => tensor);
  }

  /**
   * Names of the checkpoint that were never loaded.
   *
   * @returns The names below {@linkcode ParameterReader.path}, whole.
   */
  unused(): string[] {
    const { used } = this.#notes;
    return [...this.#source.names()].filter((name) =>
      name.startsWith(this.#full("")) && !used.has(name)
    );
  }

  /** How a matrix is stored, if in blocks that fill its rows. */
  #blocks(name: string): StoredBlocks | undefined {
    const full = this.#full(name);
    if (!this.#source.has(full)) return undefined;
    const { stored, shape } = this.#source.info(full);
    if (stored === undefined) return undefined;
    const { blockElements } = BLOCKS[stored.type];
    return shape.at(-1)! % blockElements === 0 ? stored : undefined;
  }

  /** Loads a parameter as the quantised blocks that the file has. */
  async #loadBlocks(name: string, shape: readonly number[]): Promise<Tensor> {
    const full = this.#full(name);
    requireTensor(this.#source, full, shape);
    const { type, sizeBytes } = this.#blocks(name)!;
    const dtype = type.toLowerCase() as QuantizedDType;
    const tensor = await this.#fill(
      full,
      keep(new Tensor(this.device, shape, dtype)),
      {
        rows: shape[0]!,
        rowBytes: sizeBytes / shape[0]!,
        read: (rows, into) => readStored(this.#source, full, rows, into),
        firstBad: (blocks) => firstBadBlock(blocks, type),
      },
    );
    this.#note(full, tensor);
    return tensor;
  }

  /** Fills a tensor from the file, or frees it. */
  async #fill(name: string, tensor: Tensor, rows: RowSource): Promise<Tensor> {
    try {
      const bad = await loadRows(tensor, rows);
      if (bad === -1) return tensor;
      const { dtype } = tensor;
      const [rule, unit] = isQuantized(dtype)
        ? [
          dtype === "f8_e4m3_scaled"
            ? "values must be finite: got NaN or infinity in block"
            : "scales must be finite: got NaN or infinity in block",
          DTYPE_BLOCKS[dtype].blockBytes,
        ] as const
        : [
          "values must be finite: got NaN or infinity at element",
          DTYPE_BYTES[dtype],
        ] as const;
      throw new RangeError(
        `Cannot load ${name} from ${this.#source.path} as all ${rule} ${
          bad / unit
        }`,
      );
    } catch (error) {
      tensor.dispose();
      throw error;
    }
  }

  #note(name: string, tensor: Tensor): void {
    this.#notes.loaded.push({ name, tensor });
    this.#notes.used.add(name);
  }

  #full(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}
