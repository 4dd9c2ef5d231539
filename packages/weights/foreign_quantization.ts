import type { WeightSource } from "./weight_source.ts";

/** Ends of names that only the weights of one library have. */
const SCHEMES: readonly (readonly [RegExp, string])[] = [
  [
    /\.(wscales|wcscales|smooth_factor|smooth_factor_orig)$/,
    "4 bits of nunchaku (SVDQuant)",
  ],
  [/\.(SCB|weight_format)$/, "8 bits of bitsandbytes (LLM.int8)"],
  [/\.weight\._(data|scale|shift)$/, "quanto's"],
  [/\.(weight_scale_2|weight_quantizer\..+)$/, "NVFP4"],
  [
    /\.weight[_:](qdata|int_data)$|\.weight\.(tensor_impl|layout_tensor)\./,
    "torchao's",
  ],
  [/\.(qzeros|g_idx)$/, "4 bits of GPTQ or AWQ"],
  [/\.(svd_up|svd_down)$/, "SDNQ's"],
];

/** What to do about weights that are quantised in a way that is not read. */
export const TAKE_ANOTHER: string =
  "take the model in bf16, fp8, NF4 or GGUF instead";

/**
 * How weights are quantised, if it is a way that is not read.
 *
 * @param source Weights, as the file has them.
 * @returns The scheme in a few words, and the name of an array that tells it.
 *
 * @example Usage
 * ```ts
 * import { foreignQuantization, memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const one = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
 * assert.deepEqual(foreignQuantization(memoryWeights({ "to_q.wscales": one })), {
 *   scheme: "4 bits of nunchaku (SVDQuant)", example: "to_q.wscales",
 * });
 * ```
 */
export function foreignQuantization(
  source: WeightSource,
): { readonly scheme: string; readonly example: string } | undefined {
  const names = [...source.names()];
  for (const [pattern, scheme] of SCHEMES) {
    const example = names.find((name) => pattern.test(name));
    if (example !== undefined) return { scheme, example };
  }
  return undefined;
}
