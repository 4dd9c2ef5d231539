// Every kernel for matrix products that the adapter can run, by name, on the
// shapes of FLUX.1-dev, or on smaller ones on a software adapter. Divide the
// operations in a name by the time of an iteration for the rate.
import { findGpu, openWebGpuDevice } from "../packages/tensor/webgpu/device.ts";
import type { GemmShape } from "../packages/tensor/webgpu/tuned_shape.ts";
import {
  gemmCandidates,
  gemmTrial,
  type Trial,
} from "../packages/tensor/gemm/webgpu/trial.ts";

const adapter = await findGpu({ software: true });
const gpu = adapter && await openWebGpuDevice(adapter, { tuned: false });

type Extents = readonly [M: number, K: number, N: number];
const CUBES: readonly Extents[] = [[512, 512, 512], [1024, 1024, 1024]];
const FLUX: readonly Extents[] = [[4608, 3072, 12288], [4608, 3072, 3072]];
const LORA: readonly Extents[] = [[4608, 3072, 16], [4608, 16, 3072]];
const SMALL: readonly Extents[] = [
  [288, 256, 1024],
  [288, 1024, 16],
  [288, 16, 1024],
];

/** Operands of the shape that was run last. */
let last: { key: string; trial: Trial } | undefined;

if (gpu !== undefined) {
  const frozen = gpu.software ? CUBES : [...CUBES, ...FLUX];
  const trained = gpu.software ? SMALL : LORA;
  const shapes = [
    ...frozen.flatMap((extents) =>
      (["f32", "bf16"] as const).map((bType) => ({ extents, bType }))
    ),
    ...trained.map((extents) => ({ extents, bType: "f32" as const })),
  ];
  for (const { extents: [M, K, N], bType } of shapes) {
    const shape: GemmShape = { batch: 1, M, N, K, bType };
    const group = `gemm ${M} × ${K} × ${N}, ${bType} weight, ${
      (2e-9 * M * K * N).toPrecision(4)
    } GFLOP`;
    for (const name of gemmCandidates(gpu, shape)) {
      Deno.bench({
        name: `${name} of ${group}`,
        group,
        n: 7,
        warmup: 2,
        async fn(b) {
          if (last?.key !== group) {
            last?.trial[Symbol.dispose]();
            last = { key: group, trial: gemmTrial(gpu, shape) };
          }
          b.start();
          last.trial.run(name);
          await gpu.sync();
          b.end();
        },
      });
    }
  }
}
