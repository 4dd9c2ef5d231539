import {
  BLOCKS,
  type GgmlTypeName,
  type QuantizedTypeName,
  type TensorInfo,
} from "@edit-transfer/weights";

/** How an array is stored: in blocks, in floats, or as the file has it. */
export type ConvertType =
  | "q8_0"
  | "q5_k"
  | "q4_k"
  | "q4_0"
  | "bf16"
  | "f16"
  | "f32"
  | "stored";

/** All {@linkcode ConvertType}s, for messages. */
export const CONVERT_TYPES: readonly ConvertType[] = [
  "q8_0",
  "q5_k",
  "q4_k",
  "q4_0",
  "bf16",
  "f16",
  "f32",
  "stored",
];

/** What arrays with a name become; `*` stands for any text. */
export type ConvertRule = readonly [pattern: string, type: ConvertType];

/**
 * Arrays that stay as they are: embedders, modulation and final layer of the
 * transformer, table and position bias of T5. They are few or steer much.
 */
const KEPT: readonly ConvertRule[] = [
  "img_in.*",
  "txt_in.*",
  "time_in.*",
  "vector_in.*",
  "guidance_in.*",
  "*_mod.lin.*",
  "*.modulation.lin.*",
  "final_layer.*",
  "token_embd.*",
  "*.attn_rel_b.*",
].map((pattern) => [pattern, "stored"]);

/**
 * Double blocks beside `q4_k`: half of the blocks' weights, and four fifths of
 * the squared error of `q4_k` alone.
 */
const FINER: readonly ConvertRule[] = [["double_blocks.*", "q5_k"]];

/** What stands for a type where rows are not whole blocks of 256. */
const SHORT_ROWS: Partial<Record<GgmlTypeName, GgmlTypeName>> = {
  Q4_K: "Q4_1",
  Q5_K: "Q5_1",
};

/** Type that the rules give an array, the first that matches. */
export function typeOf(
  info: TensorInfo,
  { rules, otherwise }: {
    readonly rules: readonly ConvertRule[];
    readonly otherwise: ConvertType;
  },
): GgmlTypeName {
  const matches = ([pattern]: ConvertRule) => matcher(pattern).test(info.name);
  const asked = rules.find(matches)?.[1];
  // norms and biases are f32 in every GGUF
  if (info.shape.length < 2) {
    return asked === "bf16" || asked === "f16" ? upper(asked) : "F32";
  }
  const finer = otherwise === "q4_k" ? FINER : [];
  const type = asked ?? [...KEPT, ...finer].find(matches)?.[1] ?? otherwise;
  if (type === "stored") return storedType(info);
  const width = info.shape.at(-1)!;
  const name = upper(type);
  const fits = [name, SHORT_ROWS[name]].find((name) =>
    name !== undefined && width % blockElements(name) === 0
  );
  return fits ?? storedType(info);
}

function blockElements(name: GgmlTypeName): number {
  return name in BLOCKS ? BLOCKS[name as QuantizedTypeName].blockElements : 1;
}

/** Rules whose pattern is that of no array. */
export function unusedRules(
  rules: readonly ConvertRule[],
  names: readonly string[],
): string[] {
  return rules.map(([pattern]) => pattern)
    .filter((pattern) => !names.some((name) => matcher(pattern).test(name)));
}

function storedType({ dtype, stored, scaled }: TensorInfo): GgmlTypeName {
  if (scaled) return "BF16"; // twice as wide as the 8 bits of the file
  if (stored !== undefined && stored.type !== "NF4") {
    return stored.type as GgmlTypeName;
  }
  return dtype === "F16" || dtype === "BF16" ? dtype : "F32";
}

function upper(type: Exclude<ConvertType, "stored">): GgmlTypeName {
  return type.toUpperCase() as GgmlTypeName;
}

function matcher(pattern: string): RegExp {
  const text = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${text.replaceAll("*", ".*")}$`);
}
