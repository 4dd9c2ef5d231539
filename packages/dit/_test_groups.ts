import { type Device, Tensor } from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import type { FluxTokens } from "./flux_inputs.ts";

/** Text, pair, query and B answers; the given ones once, or B times. */
export function groups(device: Device, B: number) {
  const made = new DisposableStack();
  let seed = 0;
  const tensor = (shape: readonly number[], copies: number) => {
    const size = shape.reduce((a, b) => a * b);
    const values = randomArray(++seed, size);
    const all = new Float32Array(copies * size);
    for (let b = 0; b < copies; b++) all.set(values, b * size);
    return made.use(
      Tensor.from(device, all, { shape: [copies, ...shape] }),
    );
  };
  const row = (y: number, length: number) =>
    Array.from({ length }, (_, x) => [0, y, x]);
  const given = (copies: number): FluxTokens[] => {
    seed = 0;
    const shared = {
      pooled: tensor([10], copies),
      timestep: 1,
      guidance: 1,
    };
    return [
      {
        ...shared,
        txt: tensor([5, 20], copies),
        txtIds: Array(5).fill([0, 0, 0]),
      },
      { ...shared, img: tensor([7, 16], copies), imgIds: row(0, 7) },
      { ...shared, img: tensor([3, 16], copies), imgIds: row(1, 3) },
    ];
  };
  const once = given(1);
  const repeated = given(B);
  const answer = {
    img: made.use(
      Tensor.from(device, randomArray(99, B * 9 * 16), { shape: [B, 9, 16] }),
    ),
    imgIds: row(2, 9),
    pooled: repeated[0]!.pooled,
    timestep: 0.4,
    guidance: 3,
  };
  return { once, repeated, answer, [Symbol.dispose]: () => made.dispose() };
}
