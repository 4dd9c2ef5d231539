import { figureCase, render } from "@edit-transfer/figures";
import { blankImage, type Image } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { foreignNotices } from "./foreign_notices.ts";

const knows = { pictures: "drawn figures", flatShare: 0.62 };

/** A picture of as many colours as a photograph has. */
function gradient(): Image {
  const data = Uint8Array.from(
    { length: 64 * 64 * 3 },
    (_, i) => i % 3 === 0 ? i / 48 : i % 251,
  );
  return { width: 64, height: 64, data };
}

Deno.test("foreignNotices() names the pictures that are not of the kind", () => {
  const flat = blankImage(64, 64);
  const pictures = { before: flat, after: gradient(), query: gradient() };
  assert.deepEqual(foreignNotices(pictures, { knows }), [
    "The model knows drawn figures only, and these pictures look otherwise: after, query; docs/models.md says how to use another model",
  ]);
  assert.deepEqual(foreignNotices(pictures, {}), []);
});

Deno.test("foreignNotices() leaves drawn figures alone", async () => {
  for (const size of [64, 96, 256]) {
    for (let index = 0; index < 8; index++) {
      const { source, edited, query } = figureCase({
        index,
        seed: 2,
        split: "test",
      });
      const drawn = async (state: typeof source) => ({
        width: size,
        height: size,
        data: new Uint8Array(await render(state, { size })),
      });
      const pictures = {
        before: await drawn(source),
        after: await drawn(edited),
        query: await drawn(query),
      };
      assert.deepEqual(foreignNotices(pictures, { knows }), []);
    }
  }
});
