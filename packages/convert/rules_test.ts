import type { TensorInfo } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { type ConvertRule, type ConvertType, typeOf } from "./rules.ts";

/** What becomes of a matrix, in bf16 unless something else is said. */
function made(
  name: string,
  { otherwise, width = 3072, rules = [], ...info }:
    & { otherwise: ConvertType; width?: number; rules?: ConvertRule[] }
    & Partial<TensorInfo>,
): string {
  const shape = [64, width];
  const array: TensorInfo = {
    name,
    dtype: "BF16",
    shape,
    sizeBytes: 128 * width,
    ...info,
  };
  return typeOf(array, { rules, otherwise });
}

Deno.test("typeOf() gives double blocks 5 bits, all else 4", () => {
  const otherwise = "q4_k";
  for (
    const [name, type] of [
      ["double_blocks.18.img_attn.qkv.weight", "Q5_K"],
      ["double_blocks.0.txt_attn.proj.weight", "Q5_K"],
      ["double_blocks.0.img_mlp.2.weight", "Q5_K"],
      ["double_blocks.0.img_mlp.0.weight", "Q5_K"],
      ["single_blocks.37.linear1.weight", "Q4_K"],
      ["enc.blk.0.attn_q.weight", "Q4_K"],
      ["double_blocks.0.img_mod.lin.weight", "BF16"],
      ["final_layer.linear.weight", "BF16"],
      ["token_embd.weight", "BF16"],
    ] as const
  ) assert.equal(made(name, { otherwise }), type, name);
  const qkv = "double_blocks.0.img_attn.qkv.weight";
  assert.equal(made(qkv, { otherwise: "q8_0" }), "Q8_0");
  assert.equal(made(qkv, { otherwise: "q4_0" }), "Q4_0");
  assert.equal(
    made(qkv, { otherwise, rules: [["*_attn.*", "q4_k"]] }),
    "Q4_K",
  );
});

Deno.test("typeOf() finds a type for rows that are not whole blocks", () => {
  const name = "single_blocks.0.linear1.weight";
  const types = (width: number) =>
    (["q4_k", "q5_k", "q8_0"] as const).map((otherwise) =>
      made(name, { otherwise, width })
    );
  assert.deepEqual(types(256), ["Q4_K", "Q5_K", "Q8_0"]);
  assert.deepEqual(types(192), ["Q4_1", "Q5_1", "Q8_0"]);
  assert.deepEqual(types(100), ["BF16", "BF16", "BF16"]);
});

Deno.test("typeOf() leaves scaled 8-bit floats no type that GGUF lacks", () => {
  const name = "single_blocks.0.linear1.weight";
  const scaled = {
    dtype: "F32",
    scaled: true,
    stored: { type: "F8_E4M3_SCALED", sizeBytes: 64 * 3264 },
  } as const;
  assert.equal(made(name, { otherwise: "stored", ...scaled }), "BF16");
  assert.equal(made(name, { otherwise: "q8_0", ...scaled }), "Q8_0");
});
