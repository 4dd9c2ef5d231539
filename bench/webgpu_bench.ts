// GEMM kernels on the adapter, by name. Divide the operations in
// a name by the time of an iteration for the rate.
import { cast, type DType, scope, Tensor } from "@edit-transfer/tensor";
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
