import { KEYS, program, QUERIES } from "./matrix_gradient_program.ts";
import type { AttentionMatrixSpec } from "./matrix_layout.ts";

/**
 * Writes the WGSL of the gradient of attention by its queries, on the matrix
 * units of an adapter.
 *
 *     dq = scale ds k, ds = p (dy vᵀ - delta), p = exp(scale q kᵀ - logSumExp)
 *
 * with `delta = Σ_d dy y`, of dy as it is rounded for dy vᵀ. A workgroup sums the rows of its queries over all
 * keys; see {@linkcode attentionMatrixGradientOfKeysWgsl} for the rounding.
 *
 * Source: Dao 2023, algorithm 2, https://arxiv.org/abs/2307.08691.
 *
 * Dispatch: `(Lq / rows, B H)` workgroups, rounded up, with the rows of
 * {@linkcode attentionMatrixRows}.
 *
 * @param spec Head width, a multiple of twice the size, and matrices.
 * @returns WGSL text with entry point `main`.
 *
 * @throws {RangeError} If the head width does not fit.
 */
export function attentionMatrixGradientOfQueriesWgsl(
  spec: AttentionMatrixSpec,
): string {
  return program(spec, QUERIES);
}

/**
 * Writes the WGSL of the gradients of attention by its keys and values, on the
 * matrix units of an adapter.
 *
 *     dv = pᵀ dy,  dk = scale dsᵀ q
 *
 * with `p` and `ds` of {@linkcode attentionMatrixGradientOfQueriesWgsl}. A
 * workgroup sums the rows of its keys over all queries, so nothing is added up
 * between workgroups.
 *
 * Operands, p and ds are rounded to the type of the factors; sums, statistics
 * and exponentials are f32. So that nothing overflows or vanishes in f16, dy
 * and v are multiplied by powers of two that `attention_gradient_rows.wgsl`
 * finds for each head, which bring their largest magnitudes between 2^14 and
 * 2^15; so `dy vᵀ - delta` stays below 2^38, and 2^-23 of it is rounded.
 *
 * Dispatch: `(Lk / rows, B H)` workgroups, rounded up, with the rows of
 * {@linkcode attentionMatrixRows}.
 *
 * @param spec Head width, a multiple of twice the size, and matrices.
 * @returns WGSL text with entry point `main`.
 *
 * @throws {RangeError} If the head width does not fit.
 */
export function attentionMatrixGradientOfKeysWgsl(
  spec: AttentionMatrixSpec,
): string {
  return program(spec, KEYS);
}
