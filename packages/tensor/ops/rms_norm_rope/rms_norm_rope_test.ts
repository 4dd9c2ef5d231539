import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import type { Device } from "../../backend.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import { rms, rows } from "../_reference.ts";
import { F32, Inputs } from "../_test_op.ts";
import { rmsNormRope } from "./rms_norm_rope.ts";

interface Case {
  readonly B: number;
  readonly H: number;
  readonly D: number;
  /** Tokens of each stream. */
  readonly lengths: readonly number[];
}

/** Streams whose rows have magnitude 300, 1, 0.1 and 0.001, against float64. */
async function compare(
  device: Device,
  { B, H, D, lengths }: Case,
): Promise<void> {
  using inputs = new Inputs(device);
  const eps = 1e-6;
  const L = lengths.reduce((a, b) => a + b);
  const angles = randomArray(9, L * D / 2, 3);
  const expected = new Float64Array(B * H * L * D);
  let first = 0;
  const parts = lengths.map((own, part) => {
    const x = randomArray(part, B * own * H * D).map((v, i) =>
      v * [300, 1, 0.1, 0.001][Math.floor(i / D) % 4]!
    );
    const weight = randomArray(part + 4, D);
    const normed = rows(x, D, (row) => rms(row, eps))
      .map((v, i) => v * weight[i % D]!);
    for (let b = 0; b < B; b++) {
      for (let l = 0; l < own; l++) {
        for (let h = 0; h < H; h++) {
          for (let d = 0; d < D; d += 2) {
            const from = ((b * own + l) * H + h) * D + d;
            const to = ((b * H + h) * L + first + l) * D + d;
            const angle = angles[((first + l) * D + d) / 2]!;
            const [re, im] = [normed[from]!, normed[from + 1]!];
            expected[to] = re * Math.cos(angle) - im * Math.sin(angle);
            expected[to + 1] = re * Math.sin(angle) + im * Math.cos(angle);
          }
        }
      }
    }
    first += own;
    return {
      x: inputs.tensor(x, [B, own, H, D]),
      weight: inputs.tensor(weight),
    };
  });
  const y = await read(rmsNormRope(parts, {
    cos: inputs.tensor(angles.map(Math.cos), [L, D / 2]),
    sin: inputs.tensor(angles.map(Math.sin), [L, D / 2]),
    eps,
  }));
  for (let i = 0; i < y.length; i += D) {
    assertRelative(y.slice(i, i + D), expected.slice(i, i + D), F32);
  }
}

const CASES: readonly Case[] = [
  { B: 1, H: 1, D: 2, lengths: [1] },
  { B: 2, H: 3, D: 6, lengths: [5] },
  { B: 2, H: 3, D: 32, lengths: [3, 7] },
  { B: 2, H: 5, D: 66, lengths: [4, 1, 2] },
  { B: 1, H: 24, D: 128, lengths: [2, 5] }, // heads of FLUX.1
];

for (const [i, shape] of CASES.entries()) {
  const name = `${shape.B} ${shape.lengths.join("+")} ${shape.H} ${shape.D}`;
  forEachDevice(
    `rmsNormRope() matches float64 at ${name}`,
    (device) => compare(device, shape),
  );
  if (i < 2) continue;
  gpuTest(`rmsNormRope() on the kernels made for hardware at ${name}`, {
    hardware: true,
  }, (device) => compare(device, shape));
  gpuTest(`rmsNormRope() in parts that can be bound at ${name}`, {
    maxBindingBytes: 4096,
  }, (device) => compare(device, shape));
}

forEachDevice(
  "rmsNormRope() keeps the length of a head with weight 1",
  async (device) => {
    using inputs = new Inputs(device);
    const [L, D] = [5, 8];
    const angles = randomArray(2, L * D / 2, 5);
    const y = await read(rmsNormRope([{
      x: inputs.tensor(randomArray(1, L * D), [1, L, 1, D]),
      weight: inputs.tensor(new Float32Array(D).fill(1)),
    }], {
      cos: inputs.tensor(angles.map(Math.cos), [L, D / 2]),
      sin: inputs.tensor(angles.map(Math.sin), [L, D / 2]),
      eps: 0,
    }));
    const squares = Array.from(
      { length: L },
      (_, l) =>
        Array.from(y.slice(l * D, (l + 1) * D))
          .reduce((sum, v) => sum + v * v, 0),
    );
    assertRelative(squares, new Float64Array(L).fill(D), F32);
  },
);

forEachDevice("rmsNormRope() throws when parts do not fit", async (device) => {
  using inputs = new Inputs(device);
  const x = inputs.tensor([1, 2, 3, 4], [1, 2, 1, 2]);
  const weight = inputs.tensor([1, 2]);
  const cos = inputs.tensor([1], [1, 1]);
  const tables = { cos, sin: cos };
  assert.throws(() => rmsNormRope([], tables), {
    name: "RangeError",
    message: "Cannot run rmsNormRope as it needs a part: got 0 parts",
  });
  assert.throws(() => rmsNormRope([{ x, weight: cos }], tables), {
    name: "ShapeError",
    message:
      "Cannot run rmsNormRope as parts must be [B, L, H, D], D even, with weights [D]: got parts[0].x [1, 2, 1, 2], parts[0].weight [1, 1]",
  });
  assert.throws(() => rmsNormRope([{ x, weight }], tables), {
    name: "ShapeError",
    message:
      "Cannot run rmsNormRope as cos and sin must be [L, D / 2]: got y [1, 1, 2, 2], cos [1, 1], sin [1, 1]",
  });
  await Promise.resolve();
});
