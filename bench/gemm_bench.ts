// Products of f32 matrices on the cpu backend, x [M, K] by weight [N, K]: cubes,
// and the layers of the embedded model at 96 tokens. A weight is packed once,
// before the first run. Peers on the same: bench/peers/gemm.ts
import { linear, openDevice, Tensor } from "@edit-transfer/tensor";

const SHAPES = [
  [512, 512, 512],
  [1024, 1024, 1024],
  [288, 1024, 256],
  [96, 192, 192], // queries, keys, values, projections
  [96, 768, 192], // into the MLP
  [96, 192, 960], // out of a single block
  [1, 1152, 192], // modulation
] as const;

/** Operands on a device whose threads are awake, made on first use. */
function prepared(threads: number, shape: (typeof SHAPES)[number]) {
  let operands: Promise<{ x: Tensor; weight: Tensor }> | undefined;
  return () => operands ??= prepare(threads, shape);
}

async function prepare(threads: number, [M, N, K]: (typeof SHAPES)[number]) {
  const device = await openDevice("cpu", { threads });
  const filled = (rows: number, columns: number) =>
    Tensor.from(
      device,
      Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i)),
      { shape: [rows, columns] },
    );
  const x = filled(M, K);
  const weight = filled(N, K);
  linear(x, weight).dispose(); // starts the threads, if it is large
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { x, weight };
}

for (const shape of SHAPES) {
  const [M, N, K] = shape;
  for (const threads of [1, 2]) {
    const operands = prepared(threads, shape);
    const repeats = Math.max(1, Math.round(2e7 / (M * N * K)));
    Deno.bench({
      name: `${M} x ${N} x ${K}, threads: ${threads}, times: ${repeats}`,
      group: `${M} x ${N} x ${K}`,
      n: 30,
      warmup: 5,
      async fn(b) {
        const { x, weight } = await operands();
        b.start();
        for (let i = 0; i < repeats; i++) linear(x, weight).dispose();
        b.end();
      },
    });
  }
}
