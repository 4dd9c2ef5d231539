import { imageLayout } from "@edit-transfer/composite";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

const { arrays } = readGolden("composite/quad");
const layout = imageLayout([5, 8, 12]);

Deno.test("imageLayout() counts rows and columns of tokens", () => {
  assert.equal(layout.tokens, 24);
  assert.deepEqual(layout.ids.flat(), [...arrays.ids!]);
});

Deno.test("imageLayout() makes every token from noise", () => {
  const { latents, clean } = layout.compose([], { noise: arrays.quad! });
  assert.deepEqual(latents, arrays.packed);
  assert.deepEqual(clean, new Float32Array(480));
  assert.deepEqual(layout.answer(latents), arrays.quad);
});

Deno.test("imageLayout() noises a picture that is known", () => {
  const one = imageLayout([1, 2, 2]);
  const noise = [8, 8, 8, 8];
  const { latents } = one.compose([[0, 4, 8, 12]], { noise, sigma: 0.25 });
  assert.deepEqual([...latents], [2, 5, 8, 11]);
});
