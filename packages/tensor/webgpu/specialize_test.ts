import assert from "node:assert/strict";
import { specialize } from "./specialize.ts";

const SOURCE = "alias T = f32; // @spec f32 | vec4f\nconst TM = 4u; // @spec";

Deno.test("specialize() keeps defaults when the spec is empty", () => {
  assert.equal(specialize(SOURCE, {}), SOURCE);
});

Deno.test("specialize() replaces an element type", () => {
  assert.match(specialize(SOURCE, { T: "vec4f" }), /^alias T = vec4f;/);
});

Deno.test("specialize() writes integers as u32 literals", () => {
  assert.match(specialize(SOURCE, { TM: 8 }), /const TM = 8u;/);
});

Deno.test("specialize() throws on a name the kernel does not mark", () => {
  assert.throws(() => specialize(SOURCE, { TN: 8 }), {
    name: "RangeError",
    message: 'Cannot specialize kernel as no "@spec" line declares "TN"',
  });
});
