import { scope } from "../scope.ts";
import {
  activeRecording,
  type Tensor,
  unrecorded,
  whileRecording,
} from "../tensor.ts";
import { accumulate, Tape } from "./tape.ts";

/**
 * Runs a part of a model so that of all its tensors only the inputs are kept
 * for the backward pass, which runs the part once more.
 *
 * Gradients flow to the inputs and to the tensors of
 * {@linkcode valueAndGrad} that `f` uses, to these even if no input needs one.
 * They are the same bytes as without a checkpoint. Outside of `valueAndGrad`
 * this is `f` in a scope.
 *
 * Source: Chen et al. 2016, https://arxiv.org/abs/1604.06174.
 *
 * @param f Function of tensors like the inputs, `[...]`, which gives the same
 * each time; of what depends on `wrt` it must use only its inputs.
 * @param inputs Tensors that `f` is given twins of, `[...]`.
 * @returns What `f` returned, owned by the caller.
 *
 * @throws {Error} If `f` uses a tensor to which a gradient flows that is no input.
 *
 * @example Usage
 * ```ts
 * import { checkpoint, exp, openDevice, square, Tensor, valueAndGrad } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [0]);
 * const { grads } = valueAndGrad(() => {
 *   const [y] = checkpoint(([x]) => [square(exp(x!))], [x]);
 *   return y!;
 * }, [x]);
 * assert.deepEqual([...await grads[0]!.data()], [2]);
 * ```
 */
export function checkpoint(
  f: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
): readonly Tensor[] {
  const tape = activeRecording();
  if (!(tape instanceof Tape)) return scope(() => f(inputs));
  const nodes = inputs.map((input) => tape.node(input));
  const attachTo = (part: Tape, twins: readonly Tensor[]) => {
    nodes.forEach((node, i) => node && part.attach(twins[i]!, node));
  };

  // forward: only note whether a gradient flows through
  using probe = new Tape({ keeps: false, outer: tape });
  const outputs = scope(() => {
    const twins = unrecorded(() => inputs.map((x) => x.reshape(x.shape)));
    attachTo(probe, twins);
    return whileRecording(probe, () => f(twins));
  });
  if (outputs.every((output) => probe.node(output) === undefined)) {
    return outputs;
  }

  tape.recordBackward(outputs, (save) => {
    const twins = inputs.map(save);
    return (dys) => {
      using part = new Tape({ outer: tape });
      attachTo(part, twins);
      scope(() => {
        const again = whileRecording(part, () => f(twins));
        for (const [i, dy] of dys.entries()) {
          const node = part.node(again[i]!);
          if (dy !== undefined && node !== undefined) {
            accumulate(node, dy.reshape(dy.shape));
          }
        }
      });
      part.backward(); // adds to the very nodes of the inputs, in order
    };
  });
  return outputs;
}
