import { widenBnb4 } from "./bnb4_weights.ts";
import { foreignQuantization, TAKE_ANOTHER } from "./foreign_quantization.ts";
import { FormatError } from "./format_error.ts";
import { widenFp8 } from "./fp8_weights.ts";
import { quoted } from "./json_object.ts";
import { narrowF64 } from "./narrow_f64.ts";
import type { WeightSource } from "./weight_source.ts";

/**
 * Presents the arrays of a file in types that models load: floats in 8 bits,
 * with or without scales, in 64 bits, and in four bits of bitsandbytes as wider
 * or narrower ones, see {@linkcode widenFp8}, {@linkcode narrowF64} and
 * {@linkcode widenBnb4}.
 *
 * @param source Weights, which become the result's to close; closed on an error.
 * @returns The same arrays; `source` itself if all are as they should be.
 *
 * @throws {FormatError} If they are quantised by another library, naming it, or
 * a scale does not fit its array.
 *
 * @example Usage
 * ```ts
 * import { memoryWeights, widenWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const scale = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
 * await assert.rejects(widenWeights(memoryWeights({ "q.SCB": scale })), {
 *   message: 'Cannot read "memory" as its weights must be floats, fp8, or NF4 and ' +
 *     'FP4 of bitsandbytes: got 8 bits of bitsandbytes (LLM.int8), as "q.SCB" tells; ' +
 *     "take the model in bf16, fp8, NF4 or GGUF instead",
 * });
 * ```
 */
export async function widenWeights(
  source: WeightSource,
): Promise<WeightSource> {
  try {
    const foreign = foreignQuantization(source);
    if (foreign !== undefined) {
      const { scheme, example } = foreign;
      throw new FormatError(
        `Cannot read "${source.path}" as its weights must be floats, fp8, or NF4 and FP4 of ` +
          `bitsandbytes: got ${scheme}, as ${
            quoted(example)
          } tells; ${TAKE_ANOTHER}`,
        { path: source.path },
      );
    }
    return narrowF64(widenFp8(await widenBnb4(source)));
  } catch (error) {
    await source.close();
    throw error;
  }
}
