import assert from "node:assert/strict";
import { commonColours } from "./common_colours.ts";

Deno.test("commonColours() counts the pixels of the commonest colours", () => {
  const data = Uint8Array.of(...[1, 1, 1, 2, 2, 3].flatMap((v) => [v, 0, 255]));
  const image = { width: 3, height: 2, data };
  assert.equal(commonColours(image, 1), 3 / 6);
  assert.equal(commonColours(image, 2), 5 / 6);
  assert.equal(commonColours(image, 8), 1);
});
