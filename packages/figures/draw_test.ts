import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { draw } from "./draw.ts";
import { drawInstance } from "./instance.ts";
import { SPLITS } from "./identity.ts";

/** Hash of 150 drawings. Models are trained on these pictures: a change asks for new training. */
const DRAWINGS =
  "da48abb6fa0a5141ec6705d9d426999772365e987708d01abe96222a4262ea80";

Deno.test("drawings are the ones that the embedded model was trained on", () => {
  const hash = createHash("sha256");
  for (const split of SPLITS) {
    for (let index = 0; index < 25; index++) {
      const compose = index % 5 === 0 ? 2 : 1;
      const { source, edited } = drawInstance({
        split,
        seed: 1,
        index,
        compose,
      }).pairs[0]!;
      hash.update(draw(source)).update(draw(edited));
    }
  }
  assert.equal(hash.digest("hex"), DRAWINGS);
});

Deno.test("no drawing holds a number that is none", () => {
  for (let index = 0; index < 200; index++) {
    for (const split of SPLITS) {
      const { edited } = drawInstance({ split, seed: 4, index, compose: 2 })
        .pairs[0]!;
      assert.doesNotMatch(draw(edited), /NaN|Infinity|undefined|null/);
    }
  }
});

Deno.test("a drawing says its size and its place", () => {
  const { source } = drawInstance({ split: "test", seed: 1, index: 0 })
    .pairs[0]!;
  assert.match(
    draw(source, { size: 32, at: { x: 96, y: 64 } }),
    /^<svg [^>]*x="96" y="64" width="32" height="32" viewBox=/,
  );
});
