import {
  BLOCKS,
  type GgmlTypeName,
  type TensorInfo,
} from "@edit-transfer/weights";

/** How an array is stored: in blocks, in floats, or as the file has it. */
export type ConvertType =
  | "q8_0"
  | "q4_0"
  | "bf16"
  | "f16"
  | "f32"
  | "stored";

/** All {@linkcode ConvertType}s, for messages. */
export const CONVERT_TYPES: readonly ConvertType[] = [
  "q8_0",
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
  const type = asked ?? KEPT.find(matches)?.[1] ?? otherwise;
  if (type === "stored") return storedType(info);
  const name = upper(type);
  if (name !== "Q8_0" && name !== "Q4_0") return name;
  const whole = info.shape.at(-1)! % BLOCKS[name].blockElements === 0;
  return whole ? name : storedType(info);
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
  if (stored !== undefined) return stored.type;
  if (scaled) return "BF16"; // twice as wide as the 8 bits of the file
  return dtype === "F16" || dtype === "BF16" ? dtype : "F32";
}

function upper(type: Exclude<ConvertType, "stored">): GgmlTypeName {
  return type.toUpperCase() as GgmlTypeName;
}

function matcher(pattern: string): RegExp {
  const text = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${text.replaceAll("*", ".*")}$`);
}
