import { randomArray } from "@edit-transfer/testing";
import type { Device } from "../backend.ts";
import * as reference from "../ops/_reference.ts";
import { Inputs } from "../ops/_test_op.ts";

/** Extents of attention without a bias. */
export interface AttentionShape {
  readonly heads: number;
  readonly Lq: number;
  readonly Lk: number;
  readonly D: number;
}

/** Sizes of the values: of all, or of rows that take turns. */
export interface Magnitudes {
  readonly q?: readonly number[];
  readonly k?: readonly number[];
  readonly v?: readonly number[];
  readonly dy?: readonly number[];
}

/** Lengths 1, odd, and one more or less than a tile of 64; heads of FLUX.1. */
export const ATTENTION_SHAPES: readonly AttentionShape[] = [
  { heads: 1, Lq: 1, Lk: 1, D: 4 },
  { heads: 3, Lq: 5, Lk: 17, D: 20 },
  { heads: 2, Lq: 63, Lk: 65, D: 64 },
  { heads: 1, Lq: 65, Lk: 63, D: 128 },
  { heads: 3, Lq: 64, Lk: 128, D: 32 },
  { heads: 2, Lq: 129, Lk: 130, D: 32 },
];

/** Large queries meet small keys and the other way around: scores of about 1. */
export const UNEVEN: Magnitudes = {
  q: [300, 1e-3, 1],
  k: [1e-3],
  v: [300, 1e-3],
  dy: [1e-3, 300],
};

/** Operands, and the results in float64. */
export class AttentionCase extends Inputs {
  readonly values: Record<"q" | "k" | "v" | "dy", Float32Array>;
  readonly scale: number;
  readonly #shape: AttentionShape;

  constructor(
    device: Device,
    shape: AttentionShape,
    magnitudes: Magnitudes = {},
  ) {
    super(device);
    const { heads, Lq, Lk, D } = shape;
    this.#shape = shape;
    this.scale = D ** -0.5;
    const values = (
      seed: number,
      L: number,
      sizes: readonly number[] = [1],
    ) =>
      randomArray(seed, heads * L * D).map((x, i) =>
        x * sizes[Math.floor(i / D) % sizes.length]!
      );
    this.values = {
      q: values(1, Lq, magnitudes.q),
      k: values(2, Lk, magnitudes.k),
      v: values(3, Lk, magnitudes.v),
      dy: values(4, Lq, magnitudes.dy),
    };
  }

  /** q, k, v and dy, `[1, heads, L, D]`. */
  operands() {
    const { heads, Lq, Lk, D } = this.#shape;
    const { q, k, v, dy } = this.values;
    return {
      q: this.tensor(q, [1, heads, Lq, D]),
      k: this.tensor(k, [1, heads, Lk, D]),
      v: this.tensor(v, [1, heads, Lk, D]),
      dy: this.tensor(dy, [1, heads, Lq, D]),
    };
  }

  /** The result, its log-sum-exp and its gradients. */
  expected() {
    const { heads, ...lengths } = this.#shape;
    const { values, scale } = this;
    const { q, k, v } = values;
    return {
      y: reference.attention({ q, k, v }, {
        B: 1,
        H: heads,
        ...lengths,
        scale,
      }),
      ...reference.attentionGradient(values, { ...this.#shape, scale }),
    };
  }
}
