import { addGated } from "../ops/add_gated/add_gated.ts";
import { add } from "../ops/binary/binary.ts";
import * as functions from "../ops/unary/unary.ts";
import type { Tensor } from "../tensor.ts";
import type { LinearOptions } from "./linear_options.ts";

/** What commonly follows a product, `[..., N]`, each step an operation of its own. */
export function finish(
  y: Tensor,
  { activation, residual }: Pick<LinearOptions, "activation" | "residual">,
): Tensor {
  if (activation !== undefined) y = functions[activation](y); // [..., N]
  if (residual === undefined) return y;
  const { x, gate } = residual;
  return gate === undefined ? add(x, y) : addGated(x, gate, y); // [..., N]
}
