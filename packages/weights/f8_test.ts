import { f8ToF32, openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

for (const dtype of ["F8_E4M3", "F8_E5M2"] as const) {
  Deno.test(`f8ToF32() widens every ${dtype} as torch does`, async () => {
    const name = dtype.toLowerCase();
    await using file = await openSafetensors(fileURLToPath(
      new URL(
        `../../fixtures/goldens/weights/${name}.safetensors`,
        import.meta.url,
      ),
    ));
    const bits = await file.read("f8");
    const expected = new Float32Array((await file.read("f32")).buffer);
    assert.equal(file.info("f8").dtype, dtype);
    assert.deepEqual([...f8ToF32(bits, dtype)], [...expected]); // NaN as NaN
    assert.equal(bits.length, 256);
  });
}
