import { cast, type DType, matmul, scope, Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { testSubgroupSize } from "../_test_adapter.ts";
import { gpuTest } from "./_test_device.ts";
import type { WebGpuDevice } from "./device.ts";
import { gemm, type GemmTile } from "./gemm.ts";
import { viewOf } from "./view.ts";

interface Case {
  readonly tile: GemmTile;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly dtype: DType;
  readonly transposeB: boolean;
}

const SHUFFLE: readonly GemmTile[] = [1, 4, 8, 16].map((rows) => ({
  kernel: "shuffle",
  lanes: 8,
  rows,
}));
const TILE: readonly GemmTile[] = [4, 8].map((perThread) => ({
  kernel: "tile",
  perThread,
}));
const ALIGNED = { M: 37, N: 72, K: 52 };
const RAGGED = { M: 37, N: 71, K: 51 };

/** All types and layouts for one tile of each kernel, a few for the others. */
const CASES: readonly Case[] = [
  ...[SHUFFLE[3]!, TILE[0]!].flatMap((tile) =>
    [ALIGNED, RAGGED].flatMap((shape) =>
      (["f32", "f16", "bf16"] as const).flatMap((dtype) =>
        [false, true].map((transposeB) => ({
          tile,
          ...shape,
          dtype,
          transposeB,
        }))
      )
    )
  ),
  ...[...SHUFFLE.slice(0, 3), TILE[1]!].flatMap((tile) => [
    { tile, ...ALIGNED, dtype: "bf16" as const, transposeB: true },
    { tile, ...RAGGED, dtype: "f32" as const, transposeB: false },
  ]),
];

for (const task of CASES) {
  const { tile, M, N, K, dtype, transposeB } = task;
  const size = tile.kernel === "shuffle" ? tile.rows : tile.perThread;
  gpuTest(
    `gemm ${tile.kernel} ${size} of ${dtype} [${M}, ${K}] by [${
      transposeB ? `${N}, ${K}` : `${K}, ${N}`
    }] matches float64`,
    {
      lacks: tile.kernel === "shuffle" && testSubgroupSize() !== tile.lanes
        ? `subgroups of ${tile.lanes}`
        : undefined,
    },
    async (gpu) => {
      const { actual, b } = await run(gpu, task);
      const a = randomArray(1, M * K);
      const bias = randomArray(3, N);
      const expected = new Float64Array(M * N);
      for (let m = 0; m < M; m++) {
        for (let n = 0; n < N; n++) {
          let sum = bias[n]!;
          for (let k = 0; k < K; k++) {
            sum += a[m * K + k]! * b[transposeB ? n * K + k : k * N + n]!;
          }
          expected[m * N + n] = sum;
        }
      }
      // sums of K terms, each rounded once, in any order
      const error = assertRelative(actual, expected, 2 ** -24 * Math.sqrt(K));
      assert.ok(error > 0, "f32 sums cannot equal float64 exactly");
    },
  );
}

/** Runs a case; `b` comes back as its stored type widens to. */
async function run(
  gpu: WebGpuDevice,
  { tile, M, N, K, dtype, transposeB }: Case,
) {
  using a = Tensor.from(gpu, randomArray(1, M * K), { shape: [M, K] });
  using bias = Tensor.from(gpu, randomArray(3, N));
  using b = scope(() => cast(Tensor.from(gpu, randomArray(2, K * N)), dtype));
  using widened = cast(b, "f32");
  using out = new Tensor(gpu, [M, N]);
  gemm(gpu, {
    out: viewOf(out),
    a: viewOf(a),
    b: viewOf(b),
    bias: viewOf(bias),
    batch: 1,
    M,
    N,
    K,
    transposeB,
    aBatch: 0,
    bBatch: 0,
    outBatch: 0,
    lda: K,
    ldb: transposeB ? K : N,
    ldo: N,
    tile,
  });
  return { actual: await out.data(), b: await widened.data() };
}

gpuTest("matmul of one row and of a whole matrix agree", {}, async (gpu) => {
  using a = Tensor.from(gpu, randomArray(1, 64 * 48), { shape: [64, 48] });
  using row = Tensor.from(gpu, randomArray(1, 48), { shape: [1, 48] });
  using b = Tensor.from(gpu, randomArray(2, 48 * 40), { shape: [48, 40] });
  using all = matmul(a, b);
  using one = matmul(row, b);
  assertRelative(await one.data(), (await all.data()).slice(0, 40), 1e-6);
});
