import type { Tensor } from "../tensor.ts";
import type { Activation, LowRankBranch, Residual } from "./epilogue.ts";

/** Options of `linear`. */
export interface LinearOptions {
  /**
   * Low-rank branches that are added, in order.
   *
   * @default {[]}
   */
  readonly branches?: readonly LowRankBranch<Tensor>[] | undefined;
  /** Function f of the result, if there is one. */
  readonly activation?: Activation | undefined;
  /**
   * Stream x' `[..., N]` that the result is added to, and the gate
   * `[x.shape[0], N]` that it is multiplied by before, if there is one.
   */
  readonly residual?: Residual<Tensor> | undefined;
}
