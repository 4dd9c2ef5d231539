import { widen } from "@edit-transfer/weights";
import assert from "node:assert/strict";

Deno.test("widen() reads bytes at an odd offset", () => {
  const bytes = Uint8Array.of(9, 0x80, 0x3f, 0, 0xc0).subarray(1);
  assert.deepEqual([...widen(bytes, "BF16")], [1, -2]);
});

Deno.test("widen() refuses integers and left-over bytes", () => {
  assert.throws(() => widen(new Uint8Array(4), "I32"), {
    message:
      "Cannot widen an array as its type must be F32, F16, BF16 or F8: got I32",
  });
  assert.throws(() => widen(new Uint8Array(5), "F32"), {
    message:
      "Cannot widen an array as F32 takes 4 bytes an element: got 5 bytes",
  });
});
