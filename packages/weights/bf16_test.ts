import { assertRelative, readGolden } from "@edit-transfer/testing";
import { bf16ToF32, f32ToBf16 } from "@edit-transfer/weights";
import assert from "node:assert/strict";

const EVERY = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

Deno.test("f32ToBf16() undoes bf16ToF32() on every bit pattern", () => {
  const quiet = EVERY.map((bits) =>
    // a NaN becomes a quiet one
    (bits & 0x7fff) > 0x7f80 ? bits | 0x40 : bits
  );
  assert.deepEqual(f32ToBf16(bf16ToF32(EVERY)), quiet);
});

Deno.test("f32ToBf16() rounds as PyTorch does", () => {
  const { arrays } = readGolden("weights/rounding");
  assert.deepEqual(bf16ToF32(f32ToBf16(arrays.f32!)), arrays.bf16);
});

Deno.test("f32ToBf16() is off by at most half a unit, 2^-9", () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => 1 + i / 1000);
  assertRelative(bf16ToF32(f32ToBf16(values)), values, 2 ** -9);
});

Deno.test("f32ToBf16() keeps NaN whose payload is in the lower half", () => {
  const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
  assert.deepEqual([...f32ToBf16(nan)], [0x7fc0, 0xffc0]);
});

Deno.test("f32ToBf16() reads views that do not start at 0", () => {
  const view = Float32Array.of(5, 1, 2).subarray(1);
  assert.deepEqual([...f32ToBf16(view)], [0x3f80, 0x4000]);
});
