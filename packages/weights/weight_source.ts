import type { DType } from "./dtype.ts";
import type { QuantizedTypeName } from "./ggml_type.ts";
import type { RowRange } from "./row_range.ts";

/** What a file says about one of its arrays. */
export interface TensorInfo {
  /** Name in the file, e.g. `"transformer_blocks.0.attn.to_q.weight"`. */
  readonly name: string;
  /** Element type in the file. */
  readonly dtype: DType;
  /** Extents; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** Product of the extents times the element size. */
  readonly sizeBytes: number;
  /** How the file has it, if in blocks; `dtype` is then what `read` makes of it. */
  readonly stored?: StoredBlocks | undefined;
  /** Whether the file has 8-bit floats and a scale; `dtype` is F32 then. */
  readonly scaled?: true | undefined;
}

/** An array in quantised blocks. */
export interface StoredBlocks {
  /** Type of the blocks, along the last axis. */
  readonly type: QuantizedTypeName;
  /** Bytes of all blocks. */
  readonly sizeBytes: number;
}

/** Named arrays that are read one at a time. */
export interface WeightSource extends AsyncDisposable {
  /** File or folder the arrays come from, for messages. */
  readonly path: string;
  /** Free text of the file's author, `__metadata__` in safetensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of all arrays. */
  names(): Iterable<string>;
  /** Whether an array of that name is there. */
  has(name: string): boolean;
  /** Type and shape of an array; throws a `WeightError` if it is not there. */
  info(name: string): TensorInfo;
  /**
   * Little-endian bytes of one array, read when asked for. The bytes belong to
   * the caller. Rejects with a `WeightError` if the array is not there.
   */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Bytes of some rows of one array, where a source can read fewer than all.
   * The result may be the start of `into`, which has to be large enough, or
   * memory of its own. See {@linkcode readRows}.
   */
  readRows?(
    name: string,
    rows: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Blocks of an array whose info says how it is `stored`, of some rows or of
   * all, as the file has them; `into` as above. See {@linkcode readStored}.
   */
  readStored?(
    name: string,
    rows?: RowRange,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Frees the files. Reading afterwards is an error. */
  close(): Promise<void>;
}
