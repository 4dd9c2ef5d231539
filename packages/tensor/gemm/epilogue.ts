import type { DeviceArray } from "../device_array.ts";
import type { UnaryFunction } from "../ops/unary/kernels.ts";

/** Function that a product applies to its sums. */
export type Activation = Extract<
  UnaryFunction,
  "tanh" | "sigmoid" | "silu" | "gelu" | "geluTanh" | "quickGelu"
>;

/**
 * What becomes of the sums `s` of a product before they are written:
 * `y = f(out + s)`, then `out = x + gate y`; what is absent is left out.
 */
export interface Epilogue {
  /** Whether the sums are added to what `out` holds; then without bias. */
  readonly accumulate?: boolean | undefined;
  /** The function f. */
  readonly activation?: Activation | undefined;
  /** What is added at the end. */
  readonly residual?: Residual | undefined;
}

/** A residual stream, and the gate of what is added to it. */
export interface Residual<T extends DeviceArray = DeviceArray> {
  /** As many elements as the result; not the result itself. */
  readonly x: T;
  /** `[G, N]`, each row for one of G equal runs of rows; 1 if absent. */
  readonly gate?: T | undefined;
}

/** Low-rank branch beside an affine map: `scale · B A x`. */
export interface LowRankBranch<T extends DeviceArray = DeviceArray> {
  /** Down projection, `[r, K]`. */
  readonly A: T;
  /** Up projection, `[N, r]`. */
  readonly B: T;
  /** Factor of the branch; 1 uses it as trained. */
  readonly scale: number;
}
