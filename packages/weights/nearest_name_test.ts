import { nearestName } from "@edit-transfer/weights";
import assert from "node:assert/strict";

const FLUX = [
  "transformer_blocks.0.attn.to_q.weight",
  "transformer_blocks.0.attn.to_k.weight",
  "transformer_blocks.1.attn.to_q.weight",
  "single_transformer_blocks.0.proj_out.weight",
];

Deno.test("nearestName() keeps the index and takes the most similar segment", () => {
  assert.equal(
    nearestName("transformer_blocks.1.attn.to_qkv.weight", FLUX),
    "transformer_blocks.1.attn.to_q.weight",
  );
  assert.equal(
    nearestName("single_transformer_blocks.0.proj.weight", FLUX),
    "single_transformer_blocks.0.proj_out.weight",
  );
});

Deno.test("nearestName() takes a prefix as one step", () => {
  assert.equal(
    nearestName(`model.diffusion_model.${FLUX[1]}`, FLUX),
    FLUX[1],
  );
});

Deno.test("nearestName() finds nothing among no names", () => {
  assert.equal(nearestName("a", []), undefined);
});

Deno.test("nearestName() stays quick on hostile names", () => {
  const start = performance.now();
  const hostile = Array.from({ length: 100_000 }, (_, i) => `${i}`.repeat(50));
  nearestName("x".repeat(100_000), ["y".repeat(1e6), ...hostile]);
  assert.ok(performance.now() - start < 5000); // 0.1 s on one core
});
