import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";

Deno.test("readGolden() names the script of a missing file", () => {
  assert.throws(() => readGolden("vae/absent"), {
    message: 'Cannot read golden "vae/absent": run ' +
      '"python tools/goldens/vae.py" to write fixtures/goldens/vae/absent.safetensors',
  });
});

Deno.test("readGolden() reads each dtype, integers also as int32", () => {
  const { arrays, integers, shapes, metadata } = readGolden("weights/dtypes");

  assert.deepEqual(shapes.i64, [3]);
  assert.deepEqual([...integers.i64!], [-1, 0, 2147483647]);
  assert.deepEqual([...arrays.u8!], [0, 128, 255]);
  assert.equal(arrays.f32![0], Math.fround(1 / 3));
  assert.equal(arrays.bf16![0], 0.333984375);
  assert.equal(arrays.f16![0], 0.333251953125);
  assert.equal(metadata.generator, "tools/goldens/weights.py");
});
