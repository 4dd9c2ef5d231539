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

forEachDevice(
  "Linear.forward() adds whole differences, biases and gains",
  async (device) => {
    using inputs = new Inputs(device);
    const [L, N, K, r] = [5, 33, 7, 2];
    const random = (seed: number, ...shape: number[]) =>
      randomArray(seed, shape.reduce((n, extent) => n * extent));
    const [x, W, D] = [random(1, L, K), random(2, N, K), random(3, N, K)];
    const [A, B] = [random(4, r, K), random(5, N, r)];
    const [bias, more, out, into, x0] = [
      random(6, N),
      random(7, N),
      random(8, N),
      random(9, K),
      random(10, L, N),
    ];
    const layer = new Linear(inputs.tensor(W, [N, K]), inputs.tensor(bias));
    const input = inputs.tensor(x, [1, L, K]);
    layer.branches.push({
      A: inputs.tensor(A, [r, K]),
      B: inputs.tensor(B, [N, r]),
      scale: -0.5,
    });
    layer.deltas.push(
      { weight: inputs.tensor(D, [N, K]), scale: 0.25 },
      { scale: 1, bias: inputs.tensor(more), outGain: inputs.tensor(out) },
      { scale: 1, inGain: inputs.tensor(into) },
    );
    const product = (a: ArrayLike<number>, b: ArrayLike<number>, k: number) => {
      const options = { M: L, N: b.length / k, K: k, transposeB: true };
      return matmul(Float32Array.from(a), Float32Array.from(b), options);
    };
    const plain = product(x, W, K);
    const gained = product(x.map((v, i) => v * into[i % K]!), W, K);
    const whole = product(x, D, K);
    const low = product(product(x, A, K), B, r);
    const expected = plain.map((value, i) =>
      x0[i]! + value + bias[i % N]! - 0.5 * low[i]! + 0.25 * whole[i]! +
      more[i % N]! + out[i % N]! * value + gained[i]!
    );
    const residual = { x: inputs.tensor(x0, [1, L, N]) };
    assertRelative(
      await read(layer.forward(input, { residual })),
      expected,
      F32,
    );
    const other = new Linear(layer.weight, layer.bias);
    other.share(layer);
    assertRelative(
      await read(other.forward(input, { residual })),
      expected,
      F32,
    );
  },
);
