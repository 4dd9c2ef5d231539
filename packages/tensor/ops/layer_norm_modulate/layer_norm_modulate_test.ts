import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../../_test_devices.ts";
import type { Device } from "../../backend.ts";
import { gpuTest } from "../../webgpu/_test_device.ts";
import { normalize, rows } from "../_reference.ts";
import { F32, Inputs } from "../_test_op.ts";
import { layerNorm } from "../layer_norm/layer_norm.ts";
import { modulate } from "../modulate/modulate.ts";
import { layerNormModulate } from "./layer_norm_modulate.ts";

/** Rows of magnitude 300, 1, 0.1 and 0.001 against float64, row by row. */
async function compare(
  device: Device,
  [B, L, C]: readonly [number, number, number],
): Promise<void> {
  using inputs = new Inputs(device);
  const eps = 1e-5;
  const x = randomArray(1, B * L * C).map((v, i) =>
    v * [300, 1, 0.1, 0.001][Math.floor(i / C) % 4]!
  );
  const shift = randomArray(2, B * C);
  const scale = randomArray(3, B * C);
  const y = await read(layerNormModulate(inputs.tensor(x, [B, L, C]), {
    shift: inputs.tensor(shift, [B, C]),
    scale: inputs.tensor(scale, [B, C]),
    eps,
  }));
  const expected = rows(x, C, (row) => normalize(row, eps)).map((v, i) => {
    const at = Math.floor(i / (L * C)) * C + i % C;
    return v * (1 + scale[at]!) + shift[at]!;
  });
  for (let i = 0; i < y.length; i += C) {
    assertRelative(y.slice(i, i + C), expected.slice(i, i + C), F32);
  }
}

for (
  const shape of [
    [1, 1, 1],
    [2, 5, 3],
    [3, 4, 63],
    [2, 4, 64],
    [2, 7, 68],
    [1, 4, 3072],
    [2, 4, 3072],
  ] as const
) {
  forEachDevice(
    `layerNormModulate() matches float64 at ${shape}`,
    (device) => compare(device, shape),
  );
}

gpuTest("layerNormModulate() on the kernels made for hardware", {
  hardware: true,
}, async (device) => {
  await compare(device, [2, 5, 63]);
  await compare(device, [2, 3, 3072]);
});

gpuTest("layerNormModulate() in parts that can be bound", {
  maxBindingBytes: 4096,
}, (device) => compare(device, [3, 11, 64]));

forEachDevice(
  "layerNormModulate() is modulate of layerNorm",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor(randomArray(1, 2 * 3 * 20), [2, 3, 20]);
    const shift = inputs.tensor(randomArray(2, 2 * 20), [2, 20]);
    const scale = inputs.tensor(randomArray(3, 2 * 20), [2, 20]);
    using normed = layerNorm(x);
    assertRelative(
      await read(layerNormModulate(x, { shift, scale })),
      await read(modulate(normed, shift, scale)),
      1e-6,
    );
  },
);

forEachDevice(
  "layerNormModulate() throws when the vectors do not fit",
  async (device) => {
    using inputs = new Inputs(device);
    const x = inputs.tensor([1, 2, 3, 4], [1, 2, 2]);
    const shift = inputs.tensor([1, 2], [1, 2]);
    assert.throws(() => layerNormModulate(x, { shift, scale: x }), {
      name: "ShapeError",
      message:
        "Cannot run layerNormModulate as shift and scale must be [B, C] for x [B, L, C]: got x [1, 2, 2], shift [1, 2], scale [1, 2, 2]",
    });
    await Promise.resolve();
  },
);
