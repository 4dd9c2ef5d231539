import type { Device } from "./backend.ts";
import type { DeviceArray, Storage } from "./device_array.ts";
import {
  type DType,
  DTYPE_BLOCKS,
  isQuantized,
  type QuantizedDType,
  storageBytes,
} from "./dtype.ts";
import { type HostArray, hostValues } from "./host_array.ts";
import { track, untrack } from "./scope.ts";

/** How many tensors share a storage; it is released with the last of them. */
const references = new WeakMap<Storage, number>();

/**
 * A dense row-major array on a device.
 *
 * Whoever makes a tensor owns it and frees it with `using`, `dispose` or an
 * enclosing {@linkcode scope}. A tensor never changes once it is written.
 */
export class Tensor implements DeviceArray, Disposable {
  /** Device the values live on. */
  readonly device: Device;
  /** Extent of each axis, outermost first; `[]` is a single value. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  #storage: Storage | undefined;

  /**
   * Wraps a storage that already holds, or will be given, the values.
   *
   * @param device Device the storage belongs to.
   * @param shape Extent of each axis, outermost first.
   * @param dtype Element type.
   * @param storage Memory; allocated when left out.
   *
   * @throws {RangeError} If an extent is not a positive integer, or the last
   * one no multiple of the block of a quantised type.
   */
  constructor(
    device: Device,
    shape: readonly number[],
    dtype: DType = "f32",
    storage?: Storage,
  ) {
    if (!shape.every((extent) => Number.isSafeInteger(extent) && extent > 0)) {
      throw new RangeError(
        `Cannot create tensor as extents must be integers >= 1: got [${
          shape.join(", ")
        }]`,
      );
    }
    if (isQuantized(dtype)) requireWholeBlocks(shape, dtype);
    this.device = device;
    this.shape = shape;
    this.dtype = dtype;
    this.size = shape.reduce((n, extent) => n * extent, 1);
    this.#storage = storage ?? device.allocate(dtype, this.size);
    references.set(this.#storage, (references.get(this.#storage) ?? 0) + 1);
    track(this);
  }

  /** Bytes of the elements. */
  get sizeBytes(): number {
    return storageBytes(this.dtype, this.size);
  }

  /**
   * Memory of the values, for kernels.
   *
   * @throws {Error} If the tensor was disposed.
   */
  get storage(): Storage {
    if (this.#storage === undefined) {
      throw new Error(
        `Cannot use tensor [${this.shape.join(", ")}] as it was disposed`,
      );
    }
    return this.#storage;
  }

  /** Whether the tensor was disposed. */
  get disposed(): boolean {
    return this.#storage === undefined;
  }

  /**
   * Uploads values into a new tensor.
   *
   * @param device Device to allocate on.
   * @param values Elements in row-major order: numbers for f32 and i32, raw
   * 16-bit patterns (`Uint16Array`) for f16 and bf16, bytes of the blocks for
   * quantised types.
   * @param options Shape, by default `[values.length]`, and type, by default f32.
   * @returns The new tensor, owned by the caller.
   *
   * @throws {RangeError} If the number of values does not fit the shape.
   */
  static from(
    device: Device,
    values: ArrayLike<number>,
    options: {
      readonly shape?: readonly number[] | undefined;
      readonly dtype?: DType | undefined;
    } = {},
  ): Tensor {
    const { shape = [values.length], dtype = "f32" } = options;
    const size = shape.reduce((n, extent) => n * extent, 1);
    const [wanted, unit] = isQuantized(dtype)
      ? [storageBytes(dtype, size), `bytes of ${dtype}`]
      : [size, "elements"];
    if (wanted !== values.length) {
      throw new RangeError(
        `Cannot create tensor as [${
          shape.join(", ")
        }] has ${wanted} ${unit}: got ${values.length} values`,
      );
    }
    const tensor = new Tensor(device, shape, dtype);
    device.upload(tensor.storage, hostValues(values, dtype));
    return tensor;
  }

  /**
   * Downloads the values.
   *
   * @returns The elements in row-major order, as numbers; f16 and bf16 as raw
   * 16-bit patterns, quantised types as the bytes of their blocks.
   *
   * @throws {DeviceError} If work queued so far was invalid or the device was lost.
   */
  data(): Promise<HostArray> {
    return this.device.download(this.storage, this.dtype, this.size);
  }

  /**
   * The same elements under another shape, sharing memory.
   *
   * @param shape New extents; one may be -1 and is then inferred.
   * @returns A tensor that the caller owns, besides this one.
   *
   * @throws {RangeError} If the number of elements differs.
   */
  reshape(shape: readonly number[]): Tensor {
    const known = shape.reduce(
      (n, extent) => extent === -1 ? n : n * extent,
      1,
    );
    const full = shape.map((extent) =>
      extent === -1 ? this.size / known : extent
    );
    if (
      !full.every(Number.isInteger) ||
      full.reduce((n, extent) => n * extent, 1) !== this.size
    ) {
      throw new RangeError(
        `Cannot reshape [${this.shape.join(", ")}] to [${
          shape.join(", ")
        }] as the number of elements differs: got ${this.size}`,
      );
    }
    const twin = new Tensor(this.device, full, this.dtype, this.storage);
    return recorded(twin, [this], () => (dy) => [dy]);
  }

  /** Frees the memory, unless a reshaped twin still uses it. */
  dispose(): void {
    const storage = this.#storage;
    if (storage === undefined) return;
    this.#storage = undefined;
    untrack(this);
    const left = references.get(storage)! - 1;
    references.set(storage, left);
    if (left === 0) this.device.release(storage);
  }

  /** Same as {@linkcode Tensor.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function requireWholeBlocks(
  shape: readonly number[],
  dtype: QuantizedDType,
): void {
  const { blockElements } = DTYPE_BLOCKS[dtype];
  if ((shape.at(-1) ?? 1) % blockElements === 0) return;
  throw new RangeError(
    `Cannot create tensor as rows of ${dtype} must be a multiple of ${blockElements}: got [${
      shape.join(", ")
    }]`,
  );
}

/** Keeps a tensor for the backward pass, even if its owner frees it before. */
export type Save = (tensor: Tensor) => Tensor;

/** Inputs of an operation; options that were left out are `undefined`. */
export type Inputs = readonly (Tensor | undefined)[];

/**
 * Gradients of the inputs from those of the outputs: new tensors, or `dy`
 * itself, with as many elements as the input has.
 */
export type GradientRule<Dy> = (dy: Dy) => readonly (Tensor | undefined)[];

/**
 * Makes the rule of an operation that has to be recorded: saves what the rule
 * reads, given which inputs need a gradient.
 */
export type RuleMaker<Dy> = (
  needs: readonly boolean[],
  save: Save,
) => GradientRule<Dy>;

/** What operations are recorded on. */
export interface Recording {
  /** Records an operation if a gradient may flow through it. */
  record(
    outputs: readonly Tensor[],
    inputs: Inputs,
    make: RuleMaker<readonly (Tensor | undefined)[]>,
  ): void;
}

/** What operations are recorded on now. */
let active: Recording | undefined;

/** What operations are recorded on now, if on anything. */
export function activeRecording(): Recording | undefined {
  return active;
}

/** Runs `body` while operations are recorded on `recording`, or not at all. */
export function whileRecording<T>(
  recording: Recording | undefined,
  body: () => T,
): T {
  const before = active;
  active = recording;
  try {
    return body();
  } finally {
    active = before;
  }
}

/** Runs `body` without recording. */
export function unrecorded<T>(body: () => T): T {
  return whileRecording(undefined, body);
}

/**
 * Records an operation with one result, if a gradient may flow to one of its
 * inputs; returns the result.
 */
export function recorded(
  y: Tensor,
  inputs: Inputs,
  make: RuleMaker<Tensor>,
): Tensor {
  active?.record([y], inputs, (needs, save) => {
    const rule = make(needs, save);
    return ([dy]) => rule(dy!);
  });
  return y;
}
