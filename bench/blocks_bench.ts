// Products by weights in quantised blocks on the WebGPU adapter, x [M, 1024] by
// weight [1024, 1024]: widened inside the product, before it, and f32 from the start.
import {
  dequantize,
  linear,
  type QuantizedDType,
  storageBytes,
  Tensor,
} from "@edit-transfer/tensor";
import { openIfPresent } from "./open_if_present.ts";

const [N, K] = [1024, 1024];

const device = await openIfPresent("webgpu");

/** Blocks whose scales are small numbers of f16. */
function blocks(dtype: QuantizedDType): Tensor {
  const bytes = Uint8Array.from(
    { length: storageBytes(dtype, N * K) },
    (_, i) => i * i % 61,
  );
  return Tensor.from(device!, bytes, { shape: [N, K], dtype });
}

if (device !== undefined) {
  for (const dtype of ["q8_0", "q4_0", "q4_k"] as const) {
    const weight = blocks(dtype);
    const wide = dequantize(weight);
    for (const M of [1, 16, 96, 384, 1024]) {
      const x = Tensor.from(
        device,
        Float32Array.from({ length: M * K }, (_, i) => Math.sin(i)),
        { shape: [M, K] },
      );
      const ways: Record<string, () => void> = {
        "inside or before, as chosen": () => linear(x, weight).dispose(),
        "widened before": () => {
          using before = dequantize(weight);
          linear(x, before).dispose();
        },
        "f32 from the start": () => linear(x, wide).dispose(),
      };
      const times = Math.max(1, Math.round(192 / M)); // waiting takes long
      for (const [name, product] of Object.entries(ways)) {
        Deno.bench({
          name: `${dtype}, ${M} rows, times: ${times}, ${name}`,
          group: `${dtype} ${M}`,
          n: 10,
          warmup: 2,
          async fn() {
            for (let i = 0; i < times; i++) product();
            await device.sync();
          },
        });
      }
    }
  }
}
