import { assertRelative, randomArray } from "@edit-transfer/testing";
import { forEachDevice, read } from "./_test_devices.ts";
import { Linear } from "./linear.ts";
import { matmul } from "./ops/_reference.ts";
import { F32, Inputs } from "./ops/_test_op.ts";

forEachDevice(
  "Linear.forward() adds the branches it has now",
  async (device) => {
    using inputs = new Inputs(device);
    const [L, N, K, r] = [5, 6, 7, 2];
    const [x, W, A, B, bias] = [[L, K], [N, K], [r, K], [N, r], [1, N]].map(
      ([rows, columns], i) => randomArray(i, rows! * columns!),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
    const layer = new Linear(inputs.tensor(W, [N, K]), inputs.tensor(bias));
    const input = inputs.tensor(x, [1, L, K]);

    const base = matmul(x, W, { M: L, N, K, transposeB: true })
      .map((value, i) => value + bias[i % N]!);
    assertRelative(await read(layer.forward(input)), base, F32);

    const down = matmul(x, A, { M: L, N: r, K, transposeB: true });
    const up = matmul(down, B, { M: L, N, K: r, transposeB: true });
    const branch = { A: inputs.tensor(A, [r, K]), B: inputs.tensor(B, [N, r]) };
    layer.branches.push({ ...branch, scale: 1 }, { ...branch, scale: -0.25 });
    assertRelative(
      await read(layer.forward(input)),
      base.map((value, i) => value + 0.75 * up[i]!),
      F32,
    );

    layer.branches.length = 0;
    assertRelative(await read(layer.forward(input)), base, F32);
  },
);
