import { quadLayout } from "@edit-transfer/composite";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { packLatents } from "./pack_latents.ts";

const { arrays } = readGolden("composite/quad");
const SIZE = 5 * 4 * 6;
const panel = (i: number) => arrays.panels!.subarray(i * SIZE, (i + 1) * SIZE);
const noise = Float32Array.from({ length: 4 * SIZE }, (_, i) => 1 + i / 8);
const layout = quadLayout([5, 4, 6]);

/** The values of tokens `[I, 20]` that are made, or given. */
function part(tokens: Float32Array, made: 0 | 1): Float32Array {
  return tokens.filter((_, i) => layout.mask[Math.floor(i / 20)] === made);
}

Deno.test("quadLayout() numbers and masks the tokens of the whole grid", () => {
  assert.equal(layout.tokens, 24);
  assert.deepEqual(layout.shape, [5, 8, 12]);
  assert.deepEqual(layout.answerShape, [5, 4, 6]);
  assert.deepEqual(layout.mask, arrays.mask);
  assert.deepEqual(layout.ids.flat(), [...arrays.ids!]);
});

Deno.test("quadLayout() composes three panels and noise", () => {
  const given = [panel(0), panel(1), panel(2)];
  const composed = layout.compose(given, { noise });
  const packed = packLatents(noise, layout.shape);
  assert.deepEqual(composed.noise, packed);
  assert.deepEqual(part(composed.latents, 1), part(packed, 1));
  assert.deepEqual(part(composed.latents, 0), part(arrays.packed!, 0));
  assert.deepEqual(part(composed.clean, 0), part(arrays.packed!, 0));
  assert.deepEqual(part(composed.clean, 1), new Float32Array(SIZE));
});

Deno.test("quadLayout() noises a known answer to a level", () => {
  const panels = [0, 1, 2, 3].map(panel);
  const composed = layout.compose(panels, { noise, sigma: 0.25 });
  assert.deepEqual(composed.clean, arrays.packed);
  assert.deepEqual(part(composed.latents, 0), part(arrays.packed!, 0));
  const expected = part(composed.noise, 1).map((epsilon, i) =>
    Math.fround(0.75 * part(arrays.packed!, 1)[i]!) + 0.25 * epsilon
  );
  assert.deepEqual(part(composed.latents, 1), expected);
});

Deno.test("quadLayout() finds the answer and the whole among the tokens", () => {
  assert.deepEqual(layout.answer(arrays.packed!), panel(3));
  assert.deepEqual(layout.unpack(arrays.packed!), arrays.quad);
});

Deno.test("quadLayout() refuses what does not fit", () => {
  assert.throws(
    () => quadLayout([5, 4, 3]),
    /^RangeError: Cannot lay out panels as their height and width must be even: got \[5, 4, 3\]$/,
  );
  assert.throws(
    () => layout.compose([panel(0)], { noise }),
    /^RangeError: Cannot compose a quad as before, after and query must be given: got 1 panels$/,
  );
  assert.throws(() => layout.compose([0, 1, 2].map(panel), { noise: [1] }), {
    name: "RangeError",
  });
});

Deno.test("quadLayout() names the tokens of each panel, and who sees whom", () => {
  const { segments, turns, ids } = quadLayout([1, 4, 4]);
  assert.deepEqual(segments, {
    before: [0, 1, 4, 5],
    after: [2, 3, 6, 7],
    query: [8, 9, 12, 13],
    answer: [10, 11, 14, 15],
  });
  assert.deepEqual(turns, [
    [0, 1, 4, 5, 2, 3, 6, 7],
    [8, 9, 12, 13],
    [10, 11, 14, 15],
  ]);
  assert.deepEqual(ids[10], [0, 2, 2]);
});
