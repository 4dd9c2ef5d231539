import { filled, type Trial } from "../../gemm/webgpu/trial.ts";
import { Tensor } from "../../tensor.ts";
import type { AttentionShape } from "../../webgpu/tuned_shape.ts";
import type { WebGpuDevice } from "../../webgpu/webgpu_device.ts";
import { attention } from "./attention.ts";
import { attentionVariants, suggestedAttention } from "./choice.ts";
import { attentionGradient } from "./gradient.ts";

/** The variants that can compute attention of a shape without a bias. */
function variantsOf(
  device: WebGpuDevice,
  { heads, Lq, Lk, D }: AttentionShape,
) {
  return attentionVariants(device, {
    q: { shape: [1, heads, Lq, D] },
    k: { shape: [1, heads, Lk, D] },
    bias: undefined,
  });
}

/** Names of the variants to measure, the suggested one first. */
export function attentionCandidates(
  device: WebGpuDevice,
  shape: AttentionShape,
): string[] {
  const variants = variantsOf(device, shape);
  const { name: first } = suggestedAttention(device, variants);
  // barriers make the others crawl on a software adapter
  if (device.software && first === "scores") return [first];
  return [...new Set([first, ...variants.map(({ name }) => name)])];
}

/** Operands of a shape, and what a gradient finds of the forward pass. */
export function attentionTrial(
  device: WebGpuDevice,
  shape: AttentionShape,
): Trial {
  const { pass, heads, Lq, Lk, D } = shape;
  const variants = variantsOf(device, shape);
  const [ofQueries, ofKeys] = [[1, heads, Lq, D], [1, heads, Lk, D]];
  const made: Tensor[] = [];
  const operand = (shape: readonly number[]) => {
    const tensor = filled(device, shape);
    made.push(tensor);
    return tensor;
  };
  const empty = (shape: readonly number[]) => {
    const tensor = new Tensor(device, shape);
    made.push(tensor);
    return tensor;
  };
  const [q, k, v] = [operand(ofQueries), operand(ofKeys), operand(ofKeys)];
  const y = empty(ofQueries);
  const scale = D ** -0.5;
  const named = (name: string) =>
    variants.find((variant) => variant.name === name)!;
  const forward = (name: string, logSumExp?: Tensor) =>
    attention(device, y, [q, k, v], {
      scale,
      bias: undefined,
      logSumExp,
      variant: named(name),
    });
  let run = forward as Trial["run"];
  if (pass === "backward") {
    const dy = operand(ofQueries);
    const logSumExp = empty([1, heads, Lq]);
    const out = { dq: empty(ofQueries), dk: empty(ofKeys), dv: empty(ofKeys) };
    if (named("tile") !== undefined) forward("tile", logSumExp);
    const from = { q, k, v, dy, kept: { y, logSumExp } };
    run = (name) =>
      attentionGradient(device, out, from, { scale, variant: named(name) });
  }
  return {
    run,
    [Symbol.dispose]() {
      for (const tensor of made) tensor.dispose();
    },
  };
}
