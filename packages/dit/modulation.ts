import {
  layerNormModulate,
  type Linear,
  split,
  type Tensor,
} from "@edit-transfer/tensor";

/** Vectors that condition one half of a block, each `[B, C]`. */
export interface Modulation {
  readonly shift: Tensor;
  readonly scale: Tensor;
  readonly gate: Tensor;
}

/** Modulation of each half of a double block, from `silu(vec)` [B, C]. */
export function doubleModulation(
  mod: Linear,
  vec: Tensor,
): [attention: Modulation, mlp: Modulation] {
  const [shift1, scale1, gate1, shift2, scale2, gate2] = chunk(mod, vec, 6);
  return [
    { shift: shift1!, scale: scale1!, gate: gate1! },
    { shift: shift2!, scale: scale2!, gate: gate2! },
  ];
}

/** Modulation of a single block, from `silu(vec)` [B, C]. */
export function singleModulation(mod: Linear, vec: Tensor): Modulation {
  const [shift, scale, gate] = chunk(mod, vec, 3);
  return { shift: shift!, scale: scale!, gate: gate! };
}

/** Cuts what `mod` makes of `vec` into `n` vectors [B, C]. */
export function chunk(mod: Linear, vec: Tensor, n: number): Tensor[] {
  const out = mod.forward(vec); // [B, n C]
  return split(out, -1, Array(n).fill(out.shape.at(-1)! / n));
}

/** `(1 + scale) · norm(x) + shift`, with x `[B, L, C]` normed over C. */
export function modulatedNorm(
  x: Tensor,
  { shift, scale }: Pick<Modulation, "shift" | "scale">,
): Tensor {
  return layerNormModulate(x, { shift, scale, eps: 1e-6 }); // [B, L, C]
}
