import { type Device, Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { attach } from "./_test_branches.ts";
import { tinyModel } from "./_test_model.ts";
import type { FluxTokens } from "./flux_inputs.ts";

/** Largest relative error: the same sums, in products of other shapes. */
const LIMIT = 1e-5;

/** Text, pair, query and B answers; the given ones once, or B times. */
function groups(device: Device, B: number) {
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

for (const branches of [false, true]) {
  for (const B of [1, 3]) {
    forEachDevice(
      `velocity with kept tokens is that with the same mask, ${B} answers${
        branches ? ", with LoRAs" : ""
      }`,
      async (device) => {
        using model = await tinyModel(device);
        using _1 = branches ? attach(model, device) : undefined;
        using _2 = branches ? attach(model, device, { seed: 9 }) : undefined;
        using tokens = groups(device, B);
        const { once, repeated, answer } = tokens;
        using expected = model.forward({ ...answer, before: repeated });
        using all = await model.keep(once);
        using first = await model.keep(once.slice(0, 2));
        using query = await model.keep(once.slice(2), { kept: [first] });
        assert.deepEqual([first.tokens, query.tokens, all.tokens], [12, 3, 15]);
        for (const kept of [[all], [first, query]]) {
          using actual = await model.velocity({ ...answer, kept });
          assertRelative(await actual.data(), await expected.data(), LIMIT);
        }
      },
    );
  }
}
