import {
  attention,
  linear,
  openDevice,
  scope,
  sum,
  Tensor,
  valueAndGrad,
} from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { testAdapter } from "../_test_adapter.ts";
import { attentionBucket } from "../attention/webgpu/choice.ts";
import { gemmBucket, suggested } from "../gemm/webgpu/choice.ts";
import { gemmCandidates } from "../gemm/webgpu/trial.ts";
import { tune } from "../tune.ts";
import { gpuDevice, gpuTest } from "./_test_device.ts";
import type { WebGpuDevice } from "./device.ts";
import type { AttentionShape, GemmShape, TunedShape } from "./tuned_shape.ts";
import { startTuner, Tuner } from "./tuning.ts";
import { bucketOf, candidates, trialOf } from "./tuning_shape.ts";
import { kernelSpans, kernelTimer } from "./tuning_timer.ts";

const SHAPE: GemmShape = { batch: 1, M: 20, N: 48, K: 32, bType: "f32" };

/** A layer of {@linkcode SHAPE}. */
function layer(device: WebGpuDevice) {
  const x = Tensor.from(device, randomArray(1, 20 * 32), { shape: [20, 32] });
  const w = Tensor.from(device, randomArray(2, 48 * 32), { shape: [48, 32] });
  return () => linear(x, w); // [20, 48]
}

/** Runs a test with a folder for measurements. */
function tuned(
  name: string,
  body: (device: WebGpuDevice, folder: string) => Promise<void>,
  options: { readonly hardware?: boolean } = {},
): void {
  gpuTest(name, { tuned: false, ...options }, async (device) => {
    const folder = await mkdtemp(join(os.tmpdir(), "tuning-"));
    try {
      await body(device, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

tuned("tune() measures shapes once and keeps them", async (device, folder) => {
  await startTuner(device, testAdapter!, { folder });
  const run = layer(device);
  let runs = 0;
  using first = await tune(device, () => {
    runs++;
    return run();
  }, (y) => y.dispose());
  assert.equal(runs, 2);
  const { kernels } = device.tuner!;
  const bucket = gemmBucket(SHAPE);
  assert.deepEqual([...kernels.keys()], [bucket]);
  const { variant, microseconds } = kernels.get(bucket)!;
  assert.ok(gemmCandidates(device, SHAPE).includes(variant), variant);
  assert.ok(microseconds > 0);

  using other = await gpuDevice({ tuned: false });
  await startTuner(other, testAdapter!, { folder });
  assert.deepEqual(other.tuner!.kernels.get(bucket), kernels.get(bucket));
  const again = layer(other);
  using second = await tune(
    other,
    again,
    () => assert.fail("measured again"),
  );
  assertRelative(
    await first.data(),
    Float64Array.from(await second.data()),
    1e-6,
  );
});

tuned("a tuner leaves out a variant that fails", async (device) => {
  const names = gemmCandidates(device, SHAPE);
  let opened = 0;
  const tuner = new Tuner({
    known: new Map(),
    save: () => Promise.resolve(),
    open: async () => {
      opened++;
      const fresh = await gpuDevice({ tuned: false });
      const { run } = fresh;
      fresh.run = (call) => { // the second candidate is refused
        if (call.variant.name.startsWith(`gemm_${names[1]}[`)) {
          throw new Error("Refused");
        }
        run.call(fresh, call);
      };
      return fresh;
    },
  });
  const bucket = gemmBucket(SHAPE);
  assert.equal(tuner.variant(device, bucket, SHAPE), undefined);
  assert.equal(await tuner.measure(), false); // not noted
  tuner.note(() => tuner.variant(device, bucket, SHAPE));
  assert.equal(await tuner.measure(), true);
  assert.equal(opened, 2);
  assert.notEqual(tuner.variant(device, bucket, SHAPE), names[1]);
  assert.equal(await tuner.measure(), false);
});

tuned("a tuner ignores variants that are no more", async (device) => {
  const { variant } = suggested(device, SHAPE);
  const kernel = {
    variant: "tile:7x7/k2",
    microseconds: 1,
    suggested: variant.name,
    suggestedMicroseconds: 1,
  };
  const bucket = gemmBucket(SHAPE);
  const tuner = new Tuner({
    known: new Map([[bucket, kernel]]),
    save: () => Promise.resolve(),
    open: () => Promise.reject(new Error("Not needed")),
  });
  assert.equal(tuner.variant(device, bucket, SHAPE), undefined);
  device.tuned = (bucket, shape) => tuner.variant(device, bucket, shape);
  using y = layer(device)();
  assert.equal((await y.data()).length, 20 * 48);
});

tuned("shapes with one variant are met once", async (device) => {
  let opened = 0;
  const tuner = new Tuner({
    known: new Map(),
    save: () => Promise.reject(new Error("Nothing to keep")),
    open: async () => {
      opened++;
      return await gpuDevice({ tuned: false });
    },
  });
  const shape = { pass: "forward", heads: 1, Lq: 8, Lk: 8, D: 30 } as const;
  const note = () =>
    tuner.note(() => tuner.variant(device, attentionBucket(shape), shape));
  note();
  assert.equal(await tuner.measure(), false);
  assert.equal(opened, 1);
  note();
  assert.equal(await tuner.measure(), false);
  assert.equal(opened, 1);
});

/** Tunes a step of training and returns the buckets that it met. */
async function stepBuckets(
  device: WebGpuDevice,
  folder: string,
  loss: (x: Tensor) => Tensor,
): Promise<string[]> {
  await startTuner(device, testAdapter!, { folder });
  using x = Tensor.from(device, randomArray(1, 20 * 32), { shape: [20, 32] });
  const { value, grads } = await tune(
    device,
    () => valueAndGrad(() => loss(x), [x]),
    ({ value, grads }) => [value, ...grads].forEach((t) => t.dispose()),
  );
  for (const tensor of [value, ...grads]) tensor.dispose();
  return [...device.tuner!.kernels.keys()];
}

tuned("tune() measures the products of a step", async (device, folder) => {
  using w = Tensor.from(device, randomArray(2, 48 * 32), { shape: [48, 32] });
  assert.deepEqual(
    await stepBuckets(device, folder, (x) => sum(linear(x, w))),
    [
      "gemm 32x64x32 f32",
      "gemm 32x32x64 f32 nn",
    ],
  );
});

tuned("tune() measures the attention of a step", async (device, folder) => {
  const loss = (x: Tensor) => {
    const q = x.reshape([1, 2, 20, 16]);
    return sum(attention(q, q, q));
  };
  // both passes, as the first runs on the variant of its gradient
  assert.deepEqual(await stepBuckets(device, folder, loss), [
    "attention gradient 2x32x32x16",
  ]);
}, { hardware: true }); // software adapters have one way

const ATTENTION = { heads: 2, Lq: 20, Lk: 33, D: 16 };
const SHAPES: readonly TunedShape[] = [
  { ...SHAPE, bType: "bf16" },
  { ...SHAPE, batch: 3, transposeB: false },
  { ...SHAPE, M: 25, N: 8, K: 36, channels: 4 },
  { ...ATTENTION, pass: "forward" },
  { ...ATTENTION, pass: "backward" } satisfies AttentionShape,
];
for (const shape of SHAPES) {
  for (const hardware of "pass" in shape ? [false, true] : [false]) {
    gpuTest(
      `a trial of ${bucketOf(shape)} runs on every candidate${
        hardware ? " of hardware" : ""
      }`,
      { tuned: false, hardware },
      async (device) => {
        const before = device.memory.tensors;
        const names = candidates(device, shape);
        assert.ok(names.length > 1 || !hardware, names.join(", "));
        {
          using trial = trialOf(device, shape);
          const timer = kernelTimer(device);
          for (const name of names) {
            await timer.time(() => trial.run(name)); // compiles
            const time = await timer.time(() => trial.run(name));
            assert.ok(time > 0 && time < 1e7, `${name}: ${time}`);
          }
        }
        assert.equal(device.memory.tensors, before);
      },
    );
  }
}

gpuTest("kernelSpans() notes each dispatch in order", {
  lacks: testAdapter?.features.has("timestamp-query")
    ? undefined
    : "timestamp-query",
}, async (device) => {
  const run = layer(device);
  const spans = await kernelSpans(device, () =>
    scope(() => {
      run();
      run();
    }));
  assert.equal(spans.length, 2);
  for (const { label, begin, end } of spans) {
    assert.match(label, /^gemm_/);
    assert.ok(end > begin);
  }
  assert.ok(spans[1]!.begin >= spans[0]!.begin);
});

gpuTest("EDIT_TRANSFER_TUNE decides who is tuned", {}, async () => {
  const before = process.env.EDIT_TRANSFER_TUNE;
  const open = async (mode: string) => {
    process.env.EDIT_TRANSFER_TUNE = mode;
    const device = await gpuDevice();
    const { tuner } = device;
    device[Symbol.dispose]();
    return tuner;
  };
  try {
    assert.equal(await open("off"), undefined);
    await assert.rejects(open("of"), {
      message:
        /^Cannot tune webgpu \(.+\) as EDIT_TRANSFER_TUNE is off, on or all: got "of"$/,
    });
  } finally {
    if (before === undefined) delete process.env.EDIT_TRANSFER_TUNE;
    else process.env.EDIT_TRANSFER_TUNE = before;
  }
});

Deno.test("tune() runs once where there is nothing to choose", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  let runs = 0;
  const result = await tune(device, () => ++runs, () => assert.fail());
  assert.equal(result, 1);
});
