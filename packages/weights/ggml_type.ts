/** How GGUF stores the elements of an array. */
export interface GgmlType {
  /** Name, e.g. `"Q4_K"`. */
  readonly name: GgmlTypeName;
  /** Elements that are stored together; a row holds whole blocks. */
  readonly blockElements: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
}

/** Types that are read. */
export type GgmlTypeName = keyof typeof READ;

/** Elements and bytes of a block: scales in f16, then 4 to 8 bits an element. */
const READ = {
  F32: [1, 4],
  F16: [1, 2],
  BF16: [1, 2],
  Q4_0: [32, 2 + 16],
  Q4_1: [32, 2 + 2 + 16],
  Q5_0: [32, 2 + 4 + 16],
  Q5_1: [32, 2 + 2 + 4 + 16],
  Q8_0: [32, 2 + 32],
  Q4_K: [256, 2 + 2 + 12 + 128],
  Q5_K: [256, 2 + 2 + 12 + 32 + 128],
  Q6_K: [256, 128 + 64 + 16 + 2],
} as const;

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
};

/** Names of all types that are read, for messages. */
export const GGML_TYPE_NAMES: readonly string[] = Object.keys(READ);

/**
 * Type with a number; undefined if it is not read.
 *
 * Source: `enum ggml_type` in ggml-org/ggml@v0.9.4, `include/ggml.h`, and
 * `GGML_QUANT_SIZES` of gguf 0.17.1.
 */
export function ggmlType(id: number): GgmlType | undefined {
  const name = NAMES[id];
  if (name === undefined || !Object.hasOwn(READ, name)) return undefined;
  const [blockElements, blockBytes] = READ[name as GgmlTypeName];
  return { name: name as GgmlTypeName, blockElements, blockBytes };
}

/** A type for a message, with its name if it has one. */
export function ggmlTypeLabel(id: number): string {
  const name = NAMES[id];
  return name === undefined ? `type ${id}` : `${name} (type ${id})`;
}
