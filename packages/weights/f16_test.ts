import { readGolden } from "@edit-transfer/testing";
import { f16ToF32, f32ToF16 } from "@edit-transfer/weights";
import fc from "fast-check";
import assert from "node:assert/strict";

const EVERY = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

Deno.test("f16ToF32() agrees with Float16Array on every bit pattern", () => {
  assert.deepEqual(
    [...f16ToF32(EVERY)], // as lists, since any NaN will do
    [...new Float16Array(EVERY.buffer)],
  );
});

Deno.test("f32ToF16() undoes f16ToF32() on every bit pattern but NaN", () => {
  const numbers = EVERY.filter((bits) => (bits & 0x7fff) <= 0x7c00);
  assert.deepEqual(f32ToF16(f16ToF32(numbers)), numbers);
});

Deno.test("f32ToF16() rounds as PyTorch does", () => {
  const { arrays } = readGolden("weights/rounding");
  assert.deepEqual(f16ToF32(f32ToF16(arrays.f32!)), arrays.f16);
});

Deno.test("f32ToF16() rounds as Float16Array does", () => {
  fc.assert(
    fc.property(fc.float32Array({ minLength: 1 }), (values) => {
      assert.deepEqual(
        [...f16ToF32(f32ToF16(values))],
        [...new Float16Array(values)],
      );
    }),
    { seed: 3, numRuns: 500 },
  );
});

Deno.test("f32ToF16() overflows at 65520", () => {
  const bits = f32ToF16(Float32Array.of(65519.996, 65520, -Infinity, NaN));
  assert.deepEqual([...bits], [0x7bff, 0x7c00, 0xfc00, 0x7e00]);
});
