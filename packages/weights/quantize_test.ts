import { readGolden } from "@edit-transfer/testing";
import { dequantize, quantize } from "@edit-transfer/weights";
import assert from "node:assert/strict";

for (const type of ["Q8_0", "Q4_0"] as const) {
  Deno.test(`quantize() makes the ${type} blocks that gguf makes`, () => {
    const { arrays, integers } = readGolden("quantize/blocks");
    const blocks = quantize(arrays.x!, type);
    assert.deepEqual(blocks, Uint8Array.from(integers[type]!));
  });

  Deno.test(`quantize() to ${type} is off by half a step at most`, () => {
    const { arrays: { x } } = readGolden("quantize/blocks");
    const got = dequantize(quantize(x!, type), type);
    const steps = type === "Q8_0" ? 127 : 8;
    for (let at = 0; at < x!.length; at += 32) {
      const block = x!.subarray(at, at + 32);
      const most = Math.max(...block.map(Math.abs));
      // half a step and the rounding of the scale, a whole step at one end of Q4_0
      const limit = most / steps * (type === "Q8_0" ? 0.57 : 1.01) +
        6e-8 * steps;
      block.forEach((value, i) => {
        assert.ok(Math.abs(got[at + i]! - value) <= limit, `${value}`);
      });
    }
  });

  Deno.test(`quantize() to ${type} refuses what has no scale`, () => {
    const values = new Float32Array(64).fill(1);
    for (const value of [NaN, Infinity, 1e8]) {
      values[40] = value;
      assert.throws(() => quantize(values, type), {
        name: "RangeError",
        message: new RegExp(
          `^Cannot quantize as the scales of ${type} must fit float16: got [-.\\w]+ in block 1$`,
        ),
      });
    }
    assert.throws(() => quantize(values.subarray(1), type), {
      name: "RangeError",
      message: `Cannot quantize as ${type} has blocks of 32 elements: got 63`,
    });
  });
}
