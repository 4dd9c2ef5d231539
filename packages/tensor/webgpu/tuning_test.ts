import { linear, openDevice, scope, Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { testAdapter } from "../_test_adapter.ts";
import { tune } from "../tune.ts";
import { gpuDevice, gpuTest } from "./_test_device.ts";
import type { WebGpuDevice } from "./device.ts";
import { gemmBucket, suggested } from "./gemm_choice.ts";
import type { GemmShape } from "./gemm_variants.ts";
import { startTuner, Tuner } from "./tuning.ts";
import { kernelSpans, kernelTimer } from "./tuning_timer.ts";
import { gemmCandidates, gemmTrial } from "./tuning_trial.ts";

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
): void {
  gpuTest(name, { tuned: false }, async (device) => {
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

  const other = await gpuDevice({ tuned: false });
  try {
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
  } finally {
    other.destroy();
  }
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
  device.tuned = (bucket, shape) =>
    "pass" in shape ? undefined : tuner.variant(device, bucket, shape);
  using y = layer(device)();
  assert.equal((await y.data()).length, 20 * 48);
});

const SHAPES: readonly GemmShape[] = [
  { ...SHAPE, bType: "bf16" },
  { ...SHAPE, batch: 3, transposeB: false },
  { ...SHAPE, M: 25, N: 8, K: 36, channels: 4 },
];
for (const shape of SHAPES) {
  gpuTest(`a trial of ${gemmBucket(shape)} runs on every candidate`, {
    tuned: false,
  }, async (device) => {
    const before = device.memory.tensors;
    {
      using trial = gemmTrial(device, shape);
      const timer = kernelTimer(device);
      for (const name of gemmCandidates(device, shape)) {
        const time = await timer.time(() => trial.run(name));
        assert.ok(time > 0 && time < 1e7, `${name}: ${time}`);
      }
    }
    assert.equal(device.memory.tensors, before);
  });
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
    device.destroy();
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
  const device = await openDevice("cpu", { threads: 1 });
  let runs = 0;
  const result = await tune(device, () => ++runs, () => assert.fail());
  assert.equal(result, 1);
  device.destroy();
});
