import { BLOCKS, type QuantizedTypeName } from "./ggml_type.ts";
import { isBadNf4 } from "./nf4.ts";
import { firstBadScaledF8 } from "./scaled_f8.ts";

/** Greatest exponent of MXFP4 with which its greatest value, 6, is finite. */
const MAX_E8M0 = 252;

/**
 * Looks for scales or values that are NaN or infinite in quantised blocks.
 *
 * @param blocks Whole blocks.
 * @param type Their type.
 * @returns Byte at which the first such block begins, or -1.
 *
 * @example Usage
 * ```ts
 * import { firstBadBlock } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const blocks = new Uint8Array(2 * 34);
 * assert.equal(firstBadBlock(blocks, "Q8_0"), -1);
 * blocks[35] = 0x7c; // an infinite scale
 * assert.equal(firstBadBlock(blocks, "Q8_0"), 34);
 * ```
 */
export function firstBadBlock(
  blocks: Uint8Array<ArrayBuffer>,
  type: QuantizedTypeName,
): number {
  if (type === "F8_E4M3_SCALED") return firstBadScaledF8(blocks);
  const { blockBytes, scales } = BLOCKS[type];
  const isBad = type === "NF4"
    ? (at: number) => isBadNf4(blocks, at)
    : type === "MXFP4"
    ? (at: number) => blocks[at]! > MAX_E8M0
    : (at: number) =>
      scales.some((place) => (blocks[at + place + 1]! & 0x7c) === 0x7c);
  for (let at = 0; at < blocks.length; at += blockBytes) {
    if (isBad(at)) return at;
  }
  return -1;
}
