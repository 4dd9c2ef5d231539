import { type Device, Tensor } from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import type { FluxTransformer } from "./flux_transformer.ts";

/** Adds a random branch of rank 1 to each layer; its values go with the result. */
export function attach(
  model: FluxTransformer,
  device: Device,
  { seed = 0 } = {},
): Disposable {
  const stack = new DisposableStack();
  for (const [path, linear] of model.linears()) {
    const [out, into] = linear.weight.shape as [number, number];
    const values = (n: number, shape: number[]) =>
      stack.use(
        Tensor.from(device, randomArray(seed + path.length, n), { shape }),
      );
    const A = values(into, [1, into]);
    const B = values(out, [out, 1]);
    linear.branches.push({ A, B, scale: 0.1 });
  }
  return stack;
}
