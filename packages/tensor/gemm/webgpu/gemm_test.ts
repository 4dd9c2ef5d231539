import {
  cast,
  dequantize,
  type DType,
  isQuantized,
  matmul,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { testSubgroupSize } from "../../_test_adapter.ts";
import { randomBlocks } from "../../_test_blocks.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import type { WebGpuDevice } from "../../webgpu/device.ts";
import type { GpuStorage } from "../../webgpu/pool.ts";
import { viewOf } from "../../webgpu/view.ts";
import { type GemmChoice, namedVariant } from "./choice.ts";
import { gemm } from "./gemm.ts";
import { matrixVariant } from "./variants.ts";

interface Case {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly dtype: DType;
  readonly transposeB: boolean;
  /** Magnitude of each row of `a`, one after the other. */
  readonly magnitudes?: readonly number[];
  /** Whether the result passes SiLU and a gate of its row onto a residual. */
  readonly fused?: boolean;
}

const ALIGNED = { M: 37, N: 72, K: 56 };
const RAGGED = { M: 37, N: 71, K: 51 };

/** Every type, read in vectors and one by one; layouts take turns. */
const FULL: readonly Case[] = ["f32", "f16", "bf16"].flatMap((dtype, i) => [
  { ...ALIGNED, dtype: dtype as DType, transposeB: i % 2 === 0 },
  { ...RAGGED, dtype: dtype as DType, transposeB: i % 2 === 1 },
]);
const FEW: readonly Case[] = [
  { ...ALIGNED, dtype: "bf16", transposeB: true },
  { ...RAGGED, dtype: "f32", transposeB: false },
];
/** Weights in blocks, as they stand and as a gradient reads them. */
const BLOCKS: readonly Case[] = [
  { M: 37, N: 71, K: 96, dtype: "q8_0", transposeB: true },
  { M: 33, N: 96, K: 51, dtype: "q8_0", transposeB: false },
  { M: 37, N: 71, K: 96, dtype: "q4_0", transposeB: true, fused: true },
];
const ONE: Case = { M: 1, N: 1, K: 1, dtype: "f32", transposeB: true };

/** Sizes at the edges of a tile, and magnitudes of 300 and 0.001. */
function edges(rows: number, columns: number): Case[] {
  return [
    {
      M: rows - 1,
      N: columns + 1,
      K: 33,
      dtype: "f32",
      transposeB: true,
      fused: true,
    },
    { M: rows + 1, N: columns - 1, K: 31, dtype: "f16", transposeB: false },
    {
      M: rows,
      N: columns,
      K: 32,
      dtype: "bf16",
      transposeB: true,
      magnitudes: [300, 1e-3, 1],
    },
  ];
}

const VARIANTS: Readonly<Record<string, readonly Case[]>> = {
  "shuffle:1": [...FEW, ...BLOCKS],
  "shuffle:4": FEW,
  "shuffle:8": FEW,
  "shuffle:32": [...FEW, ...BLOCKS, ...edges(32, 32)],
  "shuffle:24": [...FEW, ...edges(24, 32)],
  "shuffle:16": [...FULL, ONE, ...edges(16, 32)],
  "tile:64x64": [...FULL, ...BLOCKS, ONE, ...edges(64, 64)],
  "tile:128x128": edges(128, 128),
  "tile:128x64": edges(128, 64),
  "tile:64x16": edges(64, 16),
  "tile:16x64": edges(16, 64),
  "tile:64x16/k3": [
    { ...ALIGNED, N: 16, K: 200, dtype: "f32", transposeB: true, fused: true },
    { ...RAGGED, N: 15, K: 203, dtype: "bf16", transposeB: false },
    { ...RAGGED, N: 15, K: 224, dtype: "q8_0", transposeB: true },
    { ...RAGGED, N: 64, K: 203, dtype: "q4_0", transposeB: false },
  ],
};

for (const [name, cases] of Object.entries(VARIANTS)) {
  const lacks = name.startsWith("shuffle") && testSubgroupSize() !== 8
    ? "subgroups of 8"
    : undefined;
  gpuTest(`gemm ${name} matches float64`, { lacks }, async (gpu) => {
    const choice = namedVariant(gpu, name);
    for (const task of cases) {
      const { actual, expected } = await run(gpu, { ...task, choice });
      // sums of K terms, each rounded once, in any order
      const limit = 2 ** -24 * Math.sqrt(Math.max(task.K, 4));
      for (let m = 0; m < task.M; m++) {
        const row = [m * task.N, (m + 1) * task.N] as const;
        assertRelative(actual.slice(...row), expected.slice(...row), limit * 4);
      }
      const error = assertRelative(actual, expected, limit);
      assert.ok(
        error > 0 || task.K === 1,
        "f32 sums cannot equal float64 exactly",
      );
    }
  });
}

/** Blocks of the size of two units each way, of a few subgroups. */
const EMULATED = [
  {
    name: "f16 units",
    tile: { rows: 32, columns: 32, depth: 32, down: 1, across: 2 },
    unit: { type: "f16", M: 16, N: 16, K: 16 },
    limit: 2e-3,
  },
  {
    name: "f32 units",
    tile: { rows: 16, columns: 16, depth: 16, down: 2, across: 1 },
    unit: { type: "f32", M: 8, N: 8, K: 8 },
    limit: 1e-6,
  },
] as const;

for (const { name, tile, unit, limit } of EMULATED) {
  gpuTest(`gemm on emulated ${name} matches float64`, {}, async (gpu) => {
    const choice = {
      variant: matrixVariant({ ...tile, unit, lanes: 32, emulate: true }),
      slices: 1,
    };
    const { rows, columns } = tile;
    for (
      const task of [
        { ...ALIGNED, dtype: "bf16", transposeB: true, fused: true },
        { ...RAGGED, dtype: "bf16", transposeB: true },
        { ...ALIGNED, dtype: "f16", transposeB: false },
        BLOCKS[2]!,
        BLOCKS[1]!,
        { ...edges(rows, columns)[2]!, magnitudes: [300, 1e-3, 1e6, 1e-9, 0] },
      ].slice(0, unit.type === "f32" ? 2 : 6) as readonly Case[] // compiling takes long
    ) {
      const { actual, expected } = await run(gpu, { ...task, choice });
      for (let m = 0; m < task.M; m++) {
        const row = [m * task.N, (m + 1) * task.N] as const;
        assertRelative(actual.slice(...row), expected.slice(...row), limit);
      }
    }
  });
}

/** Random values of a type. */
function weight(
  gpu: WebGpuDevice,
  dtype: DType,
  shape: readonly [number, number],
): Tensor {
  const elements = shape[0] * shape[1];
  return isQuantized(dtype)
    ? Tensor.from(gpu, randomBlocks(dtype, 2, { elements }), { shape, dtype })
    : scope(() =>
      cast(Tensor.from(gpu, randomArray(2, elements), { shape }), dtype)
    );
}

/** Runs a case, and computes it in float64 with `b` as it is stored. */
async function run(
  gpu: WebGpuDevice,
  { M, N, K, dtype, transposeB, magnitudes = [1], fused = false, choice }:
    & Case
    & {
      readonly choice: GemmChoice;
    },
) {
  const rowScale = (m: number) => magnitudes[m % magnitudes.length]!;
  const aValues = randomArray(1, M * K).map((value, i) =>
    value * rowScale(Math.floor(i / K))
  );
  const biasValues = randomArray(3, N);
  const biased = magnitudes.length === 1; // it would hide the small rows
  using a = Tensor.from(gpu, aValues, { shape: [M, K] });
  using bias = Tensor.from(gpu, biasValues);
  using b = weight(gpu, dtype, transposeB ? [N, K] : [K, N]);
  using widened = isQuantized(dtype) ? dequantize(b) : cast(b, "f32");
  using out = new Tensor(gpu, [M, N]);
  const residualValues = randomArray(4, M * N);
  const gateValues = randomArray(5, M * N);
  using residual = Tensor.from(gpu, residualValues);
  using gate = Tensor.from(gpu, gateValues);
  gemm(gpu, {
    out: viewOf(out),
    a: viewOf(a),
    b: { storage: b.storage as GpuStorage, dtype, first: 0 },
    bias: biased ? viewOf(bias) : undefined,
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
    ...(fused && {
      activation: "silu",
      residual: viewOf(residual),
      gate: { view: viewOf(gate), rows: 1, width: N },
    }),
    choice,
  });
  const bValues = await widened.data();
  const expected = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = biased ? biasValues[n]! : 0;
      for (let k = 0; k < K; k++) {
        sum += aValues[m * K + k]! *
          bValues[transposeB ? n * K + k : k * N + n]!;
      }
      const at = m * N + n;
      expected[at] = fused
        ? residualValues[at]! + gateValues[at]! * sum / (1 + Math.exp(-sum))
        : sum;
    }
  }
  return { actual: await out.data(), expected };
}

gpuTest("matmul of one row and of a whole matrix agree", {}, async (gpu) => {
  using a = Tensor.from(gpu, randomArray(1, 64 * 48), { shape: [64, 48] });
  using row = Tensor.from(gpu, randomArray(1, 48), { shape: [1, 48] });
  using b = Tensor.from(gpu, randomArray(2, 48 * 40), { shape: [48, 40] });
  using all = matmul(a, b);
  using one = matmul(row, b);
  assertRelative(await one.data(), (await all.data()).slice(0, 40), 1e-6);
});
