import { NF4 } from "./nf4.ts";
import { SCALED_F8 } from "./scaled_f8.ts";

/** Neighbours of a row that are stored together, and in how many bytes. */
export interface Block {
  /** Elements; a row holds whole blocks. */
  readonly blockElements: number;
  /** Bytes. */
  readonly blockBytes: number;
  /** Bytes of a block at which a scale stands in f16. */
  readonly scales: readonly number[];
}

/** How GGUF stores the elements of an array. */
export interface GgmlType extends Block {
  /** Name, e.g. `"Q4_K"`. */
  readonly name: GgmlTypeName | "F64";
}

/** Types of GGML whose elements share scales. */
export type GgmlBlockName =
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q8_0"
  | "Q2_K"
  | "Q3_K"
  | "Q4_K"
  | "Q5_K"
  | "Q6_K"
  | "IQ4_NL"
  | "IQ4_XS"
  | "MXFP4";

/**
 * Types whose elements share scales: GGML's, and 8-bit floats and bitsandbytes'
 * four bits with the scale that another array of the file holds.
 */
export type QuantizedTypeName = GgmlBlockName | "F8_E4M3_SCALED" | "NF4";

/** Types of GGUF that are read and written. */
export type GgmlTypeName = "F32" | "F16" | "BF16" | GgmlBlockName;

const block = (
  blockElements: number,
  blockBytes: number,
  ...scales: readonly number[]
): Block => ({ blockElements, blockBytes, scales });

/** Blocks of GGML: scales, in f16 but for MXFP4, then 2 to 8 bits an element. */
const GGML_BLOCKS: Readonly<Record<GgmlBlockName, Block>> = {
  Q4_0: block(32, 2 + 16, 0),
  Q4_1: block(32, 2 + 2 + 16, 0, 2),
  Q5_0: block(32, 2 + 4 + 16, 0),
  Q5_1: block(32, 2 + 2 + 4 + 16, 0, 2),
  Q8_0: block(32, 2 + 32, 0),
  Q2_K: block(256, 16 + 64 + 2 + 2, 80, 82),
  Q3_K: block(256, 32 + 64 + 12 + 2, 108),
  Q4_K: block(256, 2 + 2 + 12 + 128, 0, 2),
  Q5_K: block(256, 2 + 2 + 12 + 32 + 128, 0, 2),
  Q6_K: block(256, 128 + 64 + 16 + 2, 208),
  IQ4_NL: block(32, 2 + 16, 0),
  IQ4_XS: block(256, 2 + 2 + 4 + 128, 0),
  MXFP4: block(32, 1 + 16),
};

/** Blocks of the quantised types. */
export const BLOCKS: Readonly<Record<QuantizedTypeName, Block>> = {
  ...GGML_BLOCKS,
  F8_E4M3_SCALED: { ...SCALED_F8, scales: [] },
  NF4: { ...NF4, scales: [] },
};

const READ: Readonly<Record<GgmlType["name"], Block>> = {
  F64: block(1, 8),
  F32: block(1, 4),
  F16: block(1, 2),
  BF16: block(1, 2),
  ...GGML_BLOCKS,
};

/** Names by number, `enum ggml_type`; numbers that are left out were removed. */
const NAMES: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  8: "Q8_0",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  30: "BF16",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
  40: "NVFP4",
};

/** Names of all types that are read, for messages. */
export const GGML_TYPE_NAMES: readonly string[] = Object.keys(READ);

/**
 * Type with a number; undefined if it is not read.
 *
 * Source: `enum ggml_type` in ggml-org/ggml@v0.9.4, `include/ggml.h`, and
 * `GGML_QUANT_SIZES` of gguf 0.19.0.
 */
export function ggmlType(id: number): GgmlType | undefined {
  const name = NAMES[id];
  if (name === undefined || !Object.hasOwn(READ, name)) return undefined;
  return { name: name as GgmlType["name"], ...READ[name as GgmlType["name"]] };
}

/** Number of a type, and its blocks, by its name. */
export function ggmlTypeNamed(name: GgmlTypeName): GgmlType & { id: number } {
  const id = Number(
    Object.keys(NAMES).find((id) => NAMES[Number(id)] === name),
  );
  return { id, name, ...READ[name] };
}

/** A type for a message, with its name if it has one. */
export function ggmlTypeLabel(id: number): string {
  const name = NAMES[id];
  return name === undefined ? `type ${id}` : `${name} (type ${id})`;
}
