import { Tensor } from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { testAdapter, testSubgroupSize } from "../../_test_adapter.ts";
import { randomBlocks } from "../../_test_blocks.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import { isSoftware } from "../../webgpu/adapter.ts";
import type { WebGpuDevice } from "../../webgpu/device.ts";
import { viewOf } from "../../webgpu/view.ts";
import { gemmOfWidened, quantizedGemm } from "./quantized_gemm.ts";

const [N, K] = [96, 256];

/** A product of so many rows by Q8_0, and the most bytes it took. */
async function run(
  gpu: WebGpuDevice,
  M: number,
  product: typeof quantizedGemm,
): Promise<{ values: Float32Array; bytes: number }> {
  using a = Tensor.from(gpu, randomArray(1, M * K), { shape: [M, K] });
  using b = Tensor.from(gpu, randomBlocks("q8_0", 2, { elements: N * K }), {
    shape: [N, K],
    dtype: "q8_0",
  });
  using out = new Tensor(gpu, [M, N]);
  const before = gpu.memory.bytes;
  gpu.memory.peakBytes = before;
  product(gpu, {
    out: viewOf(out),
    a: viewOf(a),
    batch: 1,
    M,
    N,
    K,
    transposeB: true,
    aBatch: 0,
    bBatch: 0,
    outBatch: 0,
    lda: K,
    ldb: K,
    ldo: N,
  }, b);
  const bytes = gpu.memory.peakBytes - before;
  return { values: await out.data() as Float32Array, bytes };
}

const lacks = testAdapter !== undefined && isSoftware(testAdapter) &&
    testSubgroupSize() === 8
  ? undefined
  : "the tiles of llvmpipe";

gpuTest("blocks of few rows are widened inside the product", {
  lacks,
}, async (gpu) => {
  const inside = await run(gpu, 512, quantizedGemm); // 16 tiles of 32 rows
  const before = await run(gpu, 512, gemmOfWidened);
  assert.equal(inside.bytes, 0);
  assert.ok(before.bytes >= 4 * N * K);
  assert.deepEqual(inside.values, before.values); // the same sums
});

gpuTest("blocks of many rows are widened before the product", {
  lacks,
}, async (gpu) => {
  const { bytes } = await run(gpu, 513, quantizedGemm);
  assert.ok(bytes >= 4 * N * K);
});
