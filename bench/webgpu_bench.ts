// GEMM and attention kernels on the adapter, by name. Divide the operations in
// a name by the time of an iteration for the rate.
import { cast, type DType, scope, Tensor } from "@edit-transfer/tensor";
import {
  attentionByScores,
  attentionByTiles,
} from "../packages/tensor/webgpu/attention.ts";
import { findGpu, openWebGpuDevice } from "../packages/tensor/webgpu/device.ts";
import { gemm, type GemmTile } from "../packages/tensor/webgpu/gemm.ts";
import { viewOf } from "../packages/tensor/webgpu/view.ts";

const adapter = await findGpu({ software: true });
const gpu = adapter && await openWebGpuDevice(adapter);

/** A tensor of small values. */
function filled(shape: readonly number[], dtype: DType = "f32"): Tensor {
  const n = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length: n }, (_, i) => Math.sin(i * i));
  return scope(() => cast(Tensor.from(gpu!, values, { shape }), dtype));
}

const TILES: Readonly<Record<string, GemmTile>> = {
  ...(gpu?.subgroupSize === 8
    ? { shuffle: { kernel: "shuffle", lanes: 8, rows: 16 } as const }
    : {}),
  ...(gpu?.software
    ? {} // barriers make the others crawl
    : {
      "tile 4": { kernel: "tile", perThread: 4 } as const,
      "tile 8": { kernel: "tile", perThread: 8 } as const,
    }),
};

for (
  const [M, K, N] of [[512, 512, 512], [1024, 1024, 1024], [
    288,
    256,
    1024,
  ]] as const
) {
  for (const [name, tile] of Object.entries(TILES)) {
    for (const dtype of ["f32", "bf16"] as const) {
      const group = `gemm ${M} ${K} ${N}, ${
        (2e-9 * M * K * N).toFixed(3)
      } GFLOP`;
      const a = filled([M, K]);
      const b = filled([N, K], dtype);
      const out = filled([M, N]);
      Deno.bench({
        name: `${name} ${dtype} of ${group}`,
        group,
        async fn() {
          gemm(gpu!, {
            out: viewOf(out),
            a: viewOf(a),
            b: viewOf(b),
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
            tile,
          });
          await gpu!.sync();
        },
      });
    }
  }
}

if (gpu !== undefined) {
  const [H, L, D] = [24, 288, 128] as const;
  const group = `attention ${H} ${L} ${D}, ${
    (4e-9 * H * L * L * D).toFixed(3)
  } GFLOP`;
  const [q, k, v, out] = [1, 2, 3, 4].map(() => filled([1, H, L, D])) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  for (const attention of [attentionByScores, attentionByTiles]) {
    Deno.bench({
      name: `${attention.name} of ${group}`,
      group,
      n: 5,
      warmup: 1,
      async fn() {
        attention(gpu, out, [q, k, v], { scale: D ** -0.5, bias: undefined });
        await gpu.sync();
      },
    });
  }
}
