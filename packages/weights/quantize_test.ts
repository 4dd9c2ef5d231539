import {
  assertRelative,
  randomArray,
  readGolden,
} from "@edit-transfer/testing";
import { BLOCKS, dequantize, quantize } from "@edit-transfer/weights";
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
}

for (const type of ["Q8_0", "Q4_0", "Q4_1", "Q5_1", "Q4_K", "Q5_K"] as const) {
  Deno.test(`quantize() to ${type} refuses what has no scale`, () => {
    const { blockElements } = BLOCKS[type];
    const values = new Float32Array(2 * blockElements).fill(1);
    for (const value of [NaN, Infinity, 1e9]) {
      values[blockElements + 8] = value;
      assert.throws(() => quantize(values, type), {
        name: "RangeError",
        message: new RegExp(
          `^Cannot quantize as the scales of ${type} must fit float16: got [-.\\w]+ in block 1$`,
        ),
      });
    }
    assert.throws(() => quantize(values.subarray(1), type), {
      name: "RangeError",
      message:
        `Cannot quantize as ${type} has blocks of ${blockElements} elements: got ${
          2 * blockElements - 1
        }`,
    });
  });
}

/** Least error of 32 values on `steps` levels, of scales and offsets tried one by one. */
function leastError(x: Float32Array, steps: number, fitsZero: boolean): number {
  const low = Math.min(...x, ...fitsZero ? [0] : []);
  const high = Math.max(...x, ...fitsZero ? [0] : []);
  let least = Infinity;
  for (let i = 0; i <= 60; i++) {
    for (let j = 0; j <= 60; j++) {
      const from = low + (high - low) * (i / 60 - 0.25) / 3;
      const d = (high - low) / steps * (0.75 + 0.5 * j / 60);
      const m = fitsZero ? Math.min(from, 0) : from;
      const error = x.reduce((sum, value) => {
        const q = Math.round((value - m) / d);
        const off = d * Math.max(0, Math.min(steps, q)) + m - value;
        return sum + off * off;
      }, 0);
      least = Math.min(least, error);
    }
  }
  return least;
}

for (const type of ["Q4_1", "Q5_1", "Q4_K", "Q5_K"] as const) {
  const steps = type.startsWith("Q4") ? 15 : 31;
  const isK = type.endsWith("K");

  Deno.test(`quantize() to ${type} is nearly as near as can be`, () => {
    const x = randomArray(7, 4 * 256, 0.02);
    const y = dequantize(quantize(x, type), type);
    let [found, least] = [0, 0];
    for (let at = 0; at < x.length; at += 32) {
      least += leastError(x.subarray(at, at + 32), steps, isK);
      for (let i = at; i < at + 32; i++) found += (y[i]! - x[i]!) ** 2;
    }
    // 6 bits of scale and offset move the last level by 1 / 126 of the range
    const moved = isK ? (steps / 126) ** 2 * 12 / 3 : 0;
    assert.ok(found <= least * (1.1 + moved), `${found} ${least}`);
  });

  Deno.test(`quantize() to ${type} is off by little, whatever the values`, () => {
    const { arrays: { x: rows } } = readGolden("quantize/blocks");
    const x = rows!.subarray(0, rows!.length - rows!.length % 256);
    const { blockElements } = BLOCKS[type];
    const y = dequantize(quantize(x, type), type);
    for (let at = 0; at < x.length; at += blockElements) {
      const block = x.subarray(at, at + blockElements);
      const most = Math.max(...block.map(Math.abs));
      // two steps of a range of twice the largest, and the smallest of float16
      const limit = 4 * most / steps + 63 * 6e-8 * (isK ? steps : 1);
      block.forEach((value, i) => {
        assert.ok(Math.abs(y[at + i]! - value) <= limit, `${value}`);
      });
    }
  });

  Deno.test(`quantize() to ${type} gives values on few levels back`, () => {
    const scale = isK ? 63 : 1; // a scale and an offset that 6 bits hold
    const x = Float32Array.from(
      { length: 512 },
      (_, i) => scale * 2 ** -8 * ((i * 7) % (steps + 1) - (isK ? 8 : -3)),
    );
    assertRelative(dequantize(quantize(x, type), type), x, 1e-3);
    for (const value of [0, 5, -5]) {
      const constant = new Float32Array(256).fill(value);
      const y = dequantize(quantize(constant, type), type);
      y.forEach((got) => assert.ok(Math.abs(got - value) <= 5e-3, `${got}`));
    }
  });
}
