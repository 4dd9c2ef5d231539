import { zeros } from "../ops/zeros/zeros.ts";
import { scope } from "../scope.ts";
import { Tensor, unrecorded, whileRecording } from "../tensor.ts";
import { accumulate, type Node, Tape } from "./tape.ts";

/** Result of {@linkcode valueAndGrad}. */
export interface ValueAndGrad {
  /** What the function returned. */
  readonly value: Tensor;
  /** Gradient by each tensor, of its shape, f32. */
  readonly grads: Tensor[];
}

/**
 * Value of a function and its gradient by some tensors, `∂f / ∂wrt[i]`.
 *
 * Operations on what depends on `wrt` are recorded while `f` runs, with only
 * the tensors that their rules read; tensors that `f` frees stay alive until
 * then. Everything but the result is freed, and the same inputs give the same
 * bytes.
 *
 * @param f Function that returns one element, of any shape; not asynchronous.
 * @param wrt Tensors to differentiate by, `[...]`, f32. One that `f` does not
 * use has a gradient of zeros.
 * @returns See {@linkcode ValueAndGrad}; owned by the caller.
 *
 * @throws {RangeError} If `f` returns more than one element.
 * @throws {TypeError} If a tensor of `wrt` is not f32.
 *
 * @example Usage
 * ```ts
 * import { openDevice, square, sum, Tensor, valueAndGrad } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2, 3]);
 * const { value, grads } = valueAndGrad(() => sum(square(x)), [x]);
 * assert.deepEqual([...await value.data()], [14]);
 * assert.deepEqual([...await grads[0]!.data()], [2, 4, 6]);
 * ```
 */
export function valueAndGrad(
  f: () => Tensor,
  wrt: readonly Tensor[],
): ValueAndGrad {
  for (const { dtype, shape } of wrt) {
    if (dtype !== "f32") {
      throw new TypeError(
        `Cannot differentiate by tensor [${
          shape.join(", ")
        }] as it must be f32: got ${dtype}`,
      );
    }
  }
  using tape = new Tape();
  const leaves = new Map(
    wrt.map((tensor): [Tensor, Node] => [
      tensor,
      { gradient: undefined, leaf: true },
    ]),
  );
  for (const [tensor, node] of leaves) tape.attach(tensor, node);
  try {
    return scope(() => {
      const value = scope(() => whileRecording(tape, f));
      if (value.size !== 1) {
        throw new RangeError(
          `Cannot differentiate as the function must return one element: got [${
            value.shape.join(", ")
          }]`,
        );
      }
      const node = tape.node(value);
      if (node !== undefined) {
        accumulate(
          node,
          Tensor.from(value.device, [1], { shape: value.shape }),
        );
      }
      tape.backward();
      return unrecorded(() => ({
        value,
        grads: wrt.map((tensor) =>
          leaves.get(tensor)!.gradient?.reshape(tensor.shape) ??
            zeros(tensor.device, tensor.shape)
        ),
      }));
    });
  } finally {
    for (const { gradient } of leaves.values()) gradient?.dispose();
  }
}
