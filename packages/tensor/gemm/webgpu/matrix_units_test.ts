import {
  cast,
  dequantize,
  type DType,
  isQuantized,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import { randomBlocks } from "../../_test_blocks.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import { lacksUnit } from "../../webgpu/_test_matrix_units.ts";
import type { WebGpuDevice } from "../../webgpu/device.ts";
import type { GpuStorage } from "../../webgpu/pool.ts";
import { viewOf } from "../../webgpu/view.ts";
import { gemm } from "./gemm.ts";
import type { Gemm, Windows } from "./task.ts";
import { type GemmVariant, gemmVariants, matrixVariant } from "./variants.ts";

/** A product, or a convolution of one square image with 3 × 3 taps. */
type Case =
  & {
    readonly N: number;
    readonly dtype: DType;
    /** Whether the weight is stored `[N, K]`, as it is but for gradients. */
    readonly transposeB?: boolean;
  }
  & (
    | { readonly M: number; readonly K: number }
    | { readonly side: number; readonly Cin: number }
  );

/** Variants that a test runs on, and how far they may be off. */
interface Way {
  readonly name: string;
  readonly limit: number;
  readonly lacks: string | undefined;
  variants(device: WebGpuDevice): readonly GemmVariant[];
  /** Fewest rows and columns of the large cases, in place of those of FLUX.1. */
  readonly reduced?: boolean;
}

const native = (type: "f16" | "f32"): Way => ({
  name: `units of ${type}`,
  limit: type === "f16" ? 2e-3 : 1e-5,
  lacks: lacksUnit(type),
  variants: (device) =>
    gemmVariants(device).filter(({ name }) =>
      name.startsWith(`matrix:${type}:`)
    ),
});

const LOOPS = matrixVariant({
  rows: 32,
  columns: 32,
  depth: 32,
  down: 1,
  across: 2,
  lanes: 32,
  unit: { type: "f16", M: 16, N: 16, K: 16 },
  emulate: true,
});

const WAYS: readonly Way[] = [
  native("f16"),
  native("f32"),
  {
    name: "loops for units of f16",
    limit: 2e-3,
    lacks: undefined,
    variants: () => [LOOPS],
    reduced: true,
  },
];

for (const { name, limit, lacks, variants, reduced = false } of WAYS) {
  const compare = (device: WebGpuDevice, task: Case) =>
    compareSample(device, task, { variants: variants(device), limit });
  for (const dtype of ["f16", "bf16"] as const) {
    gpuTest(
      `products on ${name} match float64 from one element to a tile and one more, ${dtype}`,
      { lacks },
      async (device) => {
        const tiles = new Set(
          variants(device).flatMap(({ rows, columns }) => [rows, columns]),
        );
        await compare(device, { M: 1, N: 1, K: 1, dtype });
        await compare(device, { M: 37, N: 71, K: 51, dtype });
        for (const n of tiles) {
          await compare(device, { M: n - 1, N: n + 1, K: 33, dtype });
          await compare(device, { M: n + 1, N: n - 1, K: 31, dtype });
          await compare(device, { M: n, N: n, K: 64, dtype });
        }
      },
    );
  }
  gpuTest(
    `products on ${name} match float64 with weights in blocks, and with turned ones`,
    { lacks },
    async (device) => {
      await compare(device, { M: 37, N: 71, K: 512, dtype: "q8_0" });
      await compare(device, { M: 129, N: 130, K: 256, dtype: "q4_k" });
      const turned = { dtype: "bf16", transposeB: false } as const;
      await compare(device, { M: 37, N: 71, K: 51, ...turned });
      await compare(device, { M: 129, N: 136, K: 96, ...turned });
    },
  );
  const products = reduced ? [[65, 96, 160]] : [
    [4608, 3072, 3072],
    [4608, 3072, 12_288],
    [512, 15_360, 3072], // the longest sums
    [512, 4096, 10_240], // T5
  ];
  for (const [M, K, N] of products as [number, number, number][]) {
    gpuTest(
      `products on ${name} match float64 at ${M} × ${K} × ${N}`,
      { lacks },
      (device) => compare(device, { M, N, K, dtype: "bf16" }),
    );
  }
  const images = reduced ? [[9, 16, 24]] : [
    [9, 16, 24],
    [512, 128, 128],
    [128, 512, 256],
    [64, 512, 512],
  ];
  for (const [side, Cin, N] of images as [number, number, number][]) {
    gpuTest(
      `convolutions on ${name} match float64 at ${side} × ${side}, ${Cin} to ${N} channels`,
      { lacks },
      (device) => compare(device, { side, Cin, N, dtype: "f16" }),
    );
  }
}

/** Compares some rows of the result of each variant with float64. */
async function compareSample(
  device: WebGpuDevice,
  { dtype, N, transposeB = true, ...extents }: Case,
  { variants, limit }: Pick<Way, "limit"> & {
    readonly variants: readonly GemmVariant[];
  },
): Promise<void> {
  const windows = "side" in extents ? windowsOf(extents) : undefined;
  const M = "side" in extents ? extents.side ** 2 : extents.M;
  const K = "side" in extents ? 9 * extents.Cin : extents.K;
  // rows of 300 and of 1e-3 take turns
  const size = "side" in extents ? M * extents.Cin : M * K;
  const aValues = windows === undefined
    ? randomArray(1, size).map((x, i) =>
      x * [300, 1e-3, 1][Math.floor(i / K) % 3]!
    )
    : randomArray(1, size);
  using a = Tensor.from(device, aValues);
  using b = isQuantized(dtype)
    ? Tensor.from(device, randomBlocks(dtype, 2, { elements: N * K }), {
      shape: [N, K],
      dtype,
    })
    : scope(() => cast(Tensor.from(device, randomArray(2, N * K)), dtype));
  using widened = isQuantized(dtype) ? dequantize(b) : cast(b, "f32");
  using out = new Tensor(device, [M, N]);
  const task: Gemm = {
    out: viewOf(out),
    a: viewOf(a),
    b: { storage: b.storage as GpuStorage, dtype, first: 0 },
    batch: 1,
    M,
    N,
    K,
    transposeB,
    aBatch: 0,
    bBatch: 0,
    outBatch: 0,
    lda: windows === undefined ? K : 0,
    ldb: transposeB ? K : N,
    ldo: N,
    ...windows && { windows },
  };
  const weight = await widened.data();
  const samples = [0, 1, 2, M >> 1, (M >> 1) + 1, M - 2, M - 1]
    .filter((m, i, all) => m >= 0 && m < M && all.indexOf(m) === i);
  const expected = samples.map((m) => {
    const row = windows === undefined
      ? aValues.subarray(m * K, (m + 1) * K)
      : windowAt(aValues, windows, m);
    return Float64Array.from({ length: N }, (_, n) => {
      let sum = 0;
      for (let k = 0; k < K; k++) {
        sum += row[k]! * weight[transposeB ? n * K + k : k * N + n]!;
      }
      return sum;
    });
  });
  for (const variant of variants) {
    gemm(device, { ...task, choice: { variant, slices: 1 } });
    const actual = await out.data();
    for (const [i, m] of samples.entries()) {
      assertRelative(actual.slice(m * N, (m + 1) * N), expected[i]!, limit);
    }
  }
}

function windowsOf({ side, Cin }: { side: number; Cin: number }): Windows {
  return {
    inH: side,
    inW: side,
    Cin,
    kh: 3,
    kw: 3,
    outH: side,
    outW: side,
    stride: 1,
    padTop: 1,
    padLeft: 1,
  };
}

/** What the taps of an output pixel see, `[3, 3, Cin]`. */
function windowAt(
  image: Float32Array,
  { inH, inW, Cin }: Windows,
  pixel: number,
): Float32Array {
  const row = new Float32Array(9 * Cin);
  for (let tap = 0; tap < 9; tap++) {
    const y = Math.floor(pixel / inW) + Math.floor(tap / 3) - 1;
    const x = pixel % inW + tap % 3 - 1;
    if (y < 0 || y >= inH || x < 0 || x >= inW) continue;
    const at = (y * inW + x) * Cin;
    row.set(image.subarray(at, at + Cin), tap * Cin);
  }
  return row;
}
