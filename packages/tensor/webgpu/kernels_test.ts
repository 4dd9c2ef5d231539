import {
  add,
  addGated,
  affine,
  attention,
  cast,
  concat,
  conv2d,
  type Device,
  div,
  gather,
  groupNorm,
  layerNorm,
  linear,
  matmul,
  maximum,
  modulate,
  mul,
  openDevice,
  pad,
  permute,
  rmsNorm,
  rope,
  scope,
  slice,
  softmax,
  sub,
  Tensor,
  upsampleNearest2d,
} from "@edit-transfer/tensor";
import { randomArray, relativeError } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { gpuTest } from "./_test_device.ts";

/** Fresh values of a shape, the same for the same seed. */
type Make = (shape: readonly number[], seed?: number) => Tensor;

interface Case {
  readonly name: string;
  readonly run: (make: Make) => Tensor;
  /** Whether every value is only moved, so that nothing may differ. */
  readonly exact?: boolean;
}

const CASES: readonly Case[] = [
  ...[[1, 1, 1], [5, 7, 3], [17, 33, 12], [40, 72, 64], [3, 130, 20]].flatMap((
    [M, N, K],
  ) =>
    [[false, false], [false, true], [true, false], [true, true]].map((
      [transposeA, transposeB],
    ) => ({
      name: `matmul ${M} ${N} ${K} ${transposeA} ${transposeB}`,
      run: (make: Make) =>
        matmul(
          make(transposeA ? [K!, M!] : [M!, K!], 1),
          make(transposeB ? [N!, K!] : [K!, N!], 2),
          { transposeA: transposeA!, transposeB: transposeB! },
        ),
    }))
  ),
  {
    name: "matmul of a batch",
    run: (make) => matmul(make([2, 3, 20, 16]), make([2, 3, 16, 24], 1)),
  },
  {
    name: "matmul with a shared second operand",
    run: (make) => matmul(make([3, 9, 16]), make([16, 24], 1)),
  },
  {
    name: "matmul with a shared first operand",
    run: (make) =>
      matmul(make([16, 9]), make([3, 16, 24], 1), { transposeA: true }),
  },
  {
    name: "linear with bias",
    run: (make) => linear(make([2, 19, 36]), make([70, 36], 1), make([70], 2)),
  },
  ...(["f16", "bf16"] as const).flatMap((dtype) =>
    [36, 35].flatMap((K) => [
      {
        name: `linear of ${dtype} with K ${K}`,
        run: (make: Make) =>
          linear(make([2, 19, K]), cast(make([70, K], 1), dtype)),
      },
      {
        name: `matmul by ${dtype} with K ${K}`,
        run: (make: Make) =>
          matmul(make([11, K]), cast(make([K, K + 1], 1), dtype)),
      },
    ])
  ),
  ...[
    [1, 2, 33, 33, 16],
    [2, 3, 20, 45, 64],
    [1, 1, 9, 70, 40],
    [1, 2, 40, 17, 128],
    [1, 1, 12, 20, 160],
    [1, 1, 7, 9, 6],
  ].flatMap(([B, H, Lq, Lk, D]) => [
    {
      name: `attention ${[B, H, Lq, Lk, D]}`,
      run: (make: Make) =>
        attention(
          make([B!, H!, Lq!, D!], 1),
          make([B!, H!, Lk!, D!], 2),
          make([B!, H!, Lk!, D!], 3),
        ),
    },
    {
      name: `attention ${[B, H, Lq, Lk, D]} with bias`,
      run: (make: Make) =>
        attention(
          make([B!, H!, Lq!, D!], 1),
          make([B!, H!, Lk!, D!], 2),
          make([B!, H!, Lk!, D!], 3),
          { bias: make([1, H!, Lq!, Lk!], 4), scale: 0.3 },
        ),
    },
  ]),
  {
    name: "attention with a bias of each sample",
    run: (make) =>
      attention(
        make([2, 3, 20, 8], 1),
        make([2, 3, 20, 8], 2),
        make([2, 3, 20, 8], 3),
        { bias: make([2, 1, 20, 20], 4) },
      ),
  },
  ...([
    [[4, 6], [4, 6]],
    [[3, 5, 8], [8]],
    [[3, 5, 7], [7]],
    [[3, 5, 8], [3, 5, 1]],
    [[3, 5, 8], [3, 1, 8]],
    [[3, 1, 8], [1, 5, 8]],
    [[6], []],
    [[1], [3, 4]],
    [[2, 3000], [2, 3000]],
  ] as const).flatMap(([a, b]) =>
    Object.entries({ add, sub, mul, div, maximum }).map(([name, f]) => ({
      name: `${name} [${a}] [${b}]`,
      run: (make: Make) => f(make(a), affine(make(b, 1), 1, 3)),
    }))
  ),
  ...[8, 7].flatMap((C) => [
    {
      name: `modulate ${C}`,
      run: (make: Make) =>
        modulate(make([2, 300, C]), make([2, C], 1), make([2, C], 2)),
    },
    {
      name: `addGated ${C}`,
      run: (make: Make) =>
        addGated(make([2, 300, C]), make([2, C], 1), make([2, 300, C], 2)),
    },
    {
      name: `layerNorm ${C}`,
      run: (make: Make) => layerNorm(affine(make([2, 70, C]), 1, 5)),
    },
    {
      name: `layerNorm ${C} with weight and bias`,
      run: (make: Make) =>
        layerNorm(make([70, C]), {
          weight: make([C], 1),
          bias: make([C], 2),
          eps: 1e-5,
        }),
    },
    {
      name: `rmsNorm ${C}`,
      run: (make: Make) => rmsNorm(make([3, 30, C]), make([C], 1)),
    },
    {
      name: `softmax ${C}`,
      run: (make: Make) => softmax(affine(make([3, 30, C]), 10, 0)),
    },
  ]),
  { name: "layerNorm wide", run: (make) => layerNorm(make([3, 900])) },
  { name: "softmax wide", run: (make) => softmax(make([3, 900])) },
  ...[false, true].flatMap((silu) =>
    [[5, 7, 12, 3], [32, 32, 8, 8], [1, 1, 8, 2]].map(([h, w, C, groups]) => ({
      name: `groupNorm ${[h, w, C, groups]} ${silu}`,
      run: (make: Make) =>
        groupNorm(affine(make([2, h!, w!, C!]), 1, 4), {
          weight: make([C!], 1),
          bias: make([C!], 2),
          groups: groups!,
          silu,
        }),
    }))
  ),
  {
    name: "rope",
    run: (make) =>
      rope(make([2, 3, 40, 8]), make([40, 4], 1), make([40, 4], 2)),
  },
  ...[
    { x: [2, 9, 7, 4], weight: [5, 3, 3, 4], stride: 1, padding: 1 },
    { x: [1, 9, 7, 3], weight: [8, 3, 3, 3], stride: 1, padding: 1 },
    { x: [2, 16, 16, 8], weight: [3, 1, 1, 8], stride: 1, padding: 0 },
    {
      x: [2, 8, 10, 8],
      weight: [12, 3, 3, 8],
      stride: 2,
      padding: { top: 0, left: 0, bottom: 1, right: 1 },
    },
    { x: [1, 20, 5, 8], weight: [20, 5, 5, 8], stride: 1, padding: 2 },
  ].map(({ x, weight, stride, padding }) => ({
    name: `conv2d [${x}] [${weight}] ${stride}`,
    run: (make: Make) =>
      conv2d(make(x), make(weight, 1), {
        bias: make([weight[0]!], 2),
        stride,
        padding,
      }),
  })),
  {
    name: "upsampleNearest2d",
    exact: true,
    run: (make) => upsampleNearest2d(make([2, 5, 6, 8]), 2),
  },
  {
    name: "upsampleNearest2d of 3 channels",
    exact: true,
    run: (make) => upsampleNearest2d(make([2, 5, 6, 3]), 3),
  },
  ...(["f32", "f16", "bf16"] as const).map((dtype) => ({
    name: `gather ${dtype}`,
    exact: true,
    run: (make: Make) => {
      const table = cast(make([300, 9]), dtype);
      return gather(
        table,
        Tensor.from(table.device, [3, 0, 299, 7, 7, 120], {
          shape: [2, 3],
          dtype: "i32",
        }),
      );
    },
  })),
  ...[0, 1, 2].flatMap((axis) =>
    [8, 5].map((C) => ({
      name: `concat ${axis} ${C}`,
      exact: true,
      run: (make: Make) =>
        concat([
          make([4, 6, C], 1),
          make([4, 6, C].with(axis, 3), 2),
          make([4, 6, C].with(axis, 4), 3),
        ], axis),
    }))
  ),
  ...[0, 1, 2].map((axis) => ({
    name: `slice ${axis}`,
    exact: true,
    run: (make: Make) => slice(make([40, 12, 8]), axis, { start: 3, end: 7 }),
  })),
  {
    name: "slice at a multiple of 4",
    exact: true,
    run: (make) => slice(make([40, 64]), 1, { start: 16, end: 48 }),
  },
  {
    name: "pad",
    exact: true,
    run: (make) => pad(make([3, 4, 8]), [[1, 0], [0, 2], [4, 4]], { value: 2 }),
  },
  ...[
    [[3, 4, 5], [2, 0, 1]],
    [[2, 6, 4, 8], [0, 2, 1, 3]],
    [[2, 3, 4, 5, 6, 7], [0, 2, 4, 5, 3, 1]],
    [[70, 50], [1, 0]],
  ].map(([shape, axes]) => ({
    name: `permute [${shape}] [${axes}]`,
    exact: true,
    run: (make: Make) => permute(make(shape!), axes!),
  })),
  ...(["f16", "bf16"] as const).flatMap((dtype) => [
    {
      name: `cast to ${dtype}`,
      exact: true,
      run: (make: Make) => cast(make([3, 7, 11]), dtype),
    },
    {
      name: `cast from ${dtype}`,
      exact: true,
      run: (make: Make) => cast(cast(make([3, 7, 11]), dtype), "f32"),
    },
    {
      name: `permute ${dtype}`,
      exact: true,
      run: (make: Make) => permute(cast(make([3, 4, 6]), dtype), [1, 0, 2]),
    },
  ]),
];

/** Ways to run them: as chosen by the adapter, for hardware, and in parts. */
const WAYS = {
  "as the adapter asks": {},
  "with the kernels for hardware": { hardware: true },
  "in parts of 8 KiB": { maxBindingBytes: 8192 },
  "in parts of little work": { maxWork: 4096 },
};

for (const [way, options] of Object.entries(WAYS)) {
  gpuTest(`kernels agree with the cpu ${way}`, options, async (gpu) => {
    const cpu = await openDevice("cpu", { threads: 1 });
    const faults: string[] = [];
    for (const { name, run, exact } of CASES) {
      const expected = await result(cpu, run);
      const actual = await result(gpu, run);
      const error = relativeError(actual, expected);
      if (!(error <= (exact ? 0 : 2e-6))) faults.push(`${name}: ${error}`);
    }
    cpu[Symbol.dispose]();
    assert.deepEqual(faults, []);
    assert.equal(gpu.memory.tensors, 0);
  });
}

async function result(device: Device, run: Case["run"]): Promise<number[]> {
  const made: Tensor[] = [];
  const output = scope(() =>
    run((shape, seed = 0) => {
      const n = shape.reduce((product, extent) => product * extent, 1);
      const tensor = Tensor.from(device, randomArray(seed, n), { shape });
      made.push(tensor);
      return tensor;
    })
  );
  const values = await output.data();
  output.dispose();
  return [...values];
}
