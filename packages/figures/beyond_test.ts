import { EDIT_TYPES, hasBeyond } from "@edit-transfer/figures";
import assert from "node:assert/strict";
import { sampleBeyond } from "./beyond.ts";
import { createRandom } from "./random.ts";

Deno.test("parameters beyond lie outside all that training draws, but not far", () => {
  const random = createRandom(["test"]);
  for (const type of EDIT_TYPES.filter(hasBeyond)) {
    const framing = type.framings[0]!;
    const drawn = Array.from(
      { length: 500 },
      () => type.sample(random, framing),
    );
    for (
      const [name, value] of Object.entries(sampleBeyond(type, random, framing))
    ) {
      const known = drawn.map((one) => one[name]!);
      if (typeof value !== "number" || new Set(known).size < 20) continue;
      const [low, high] = [
        Math.min(...known as number[]),
        Math.max(...known as number[]),
      ];
      const by = Math.max(low - value, value - high) / (high - low);
      assert.ok(by > 0.03 && by < 0.22, `${type.name} ${name} ${by}`);
    }
  }
});
