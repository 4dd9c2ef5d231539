import { add, affine, scope, type Tensor } from "@edit-transfer/tensor";

/** Tokens at a noise level: `(1 − σ) z + σ ε`, `[1, I, 4c]` as both are. */
export function noised(z: Tensor, noise: Tensor, sigma: number): Tensor {
  return scope(() => add(affine(z, 1 - sigma, 0), affine(noise, sigma, 0)));
}
