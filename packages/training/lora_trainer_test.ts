import { quadLayout } from "@edit-transfer/composite";
import { latentNoise } from "@edit-transfer/flow";
import { loadPipeline, type Pipeline } from "@edit-transfer/pipeline";
import { type Device, openDevice } from "@edit-transfer/tensor";
import { assertClose, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { openLoraTrainer } from "./open_lora_trainer.ts";
import type { LoraTrainerOptions } from "./lora_trainer_options.ts";
import { type LoraTask, trainInputs } from "./train_inputs.ts";

const OPTIONS: LoraTrainerOptions = {
  rank: 2,
  seed: 42,
  adam: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
  ema: 0.9,
};

/** A task of small panels, of random numbers. */
function taskOf(seed: number, sigma = 0.5): LoraTask {
  const host = (n: number, ...shape: number[]) => ({
    shape,
    data: Float32Array.from(
      randomArray(seed + n, shape.reduce((a, b) => a * b)),
    ),
  });
  return {
    latents: host(0, 16, 8, 8),
    text: { pooled: host(1, 64), states: host(2, 5, 96) },
    seed,
    sigma,
  };
}

async function withPipeline(
  body: (pipeline: Pipeline, device: Device) => Promise<void>,
): Promise<void> {
  using device = await openDevice("cpu", { threads: 1 });
  await using pipeline = await loadPipeline("models/micro", { device });
  await body(pipeline, device);
}

const STEP = { lr: 1e-3, factor: 1 };

Deno.test("trainInputs() noises the fourth panel alone", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const tasks = [taskOf(1, 0.25), taskOf(2, 0.75)];
  const noise = { round: "none", standardize: true } as const;
  const { inputs, target, mask } = trainInputs(device, { tasks, noise });
  assert.deepEqual([...mask], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
  assert.deepEqual(inputs.timestep, [0.25, 0.75]);
  assert.deepEqual(inputs.txt!.shape, [2, 5, 96]);
  assert.deepEqual(inputs.pooled.shape, [2, 64]);
  const x = await inputs.img.data();
  const v = await target.data();
  for (const [i, { latents: { data }, seed, sigma }] of tasks.entries()) {
    const own = (all: ArrayLike<number>) =>
      quadLayout([16, 4, 4]).unpack(
        Array.from(all).slice(i * 1024, (i + 1) * 1024),
      );
    const epsilon = latentNoise(seed, [16, 8, 8], noise);
    const isFourth = (at: number) => at % 8 >= 4 && Math.floor(at / 8) % 8 >= 4;
    const expected = data.map((x0, at) =>
      isFourth(at) ? (1 - sigma) * x0 + sigma * epsilon[at]! : x0
    );
    assertClose(own(x), expected, { atol: 1e-6, rtol: 1e-6 });
    assertClose(own(v), data.map((x0, at) => epsilon[at]! - x0), {
      atol: 0,
      rtol: 0,
    });
  }
  for (const tensor of [inputs.img, inputs.txt!, inputs.pooled, target]) {
    tensor.dispose();
  }
});

Deno.test("before its first step a LoRA changes nothing, after it every B does", async () => {
  await withPipeline(async (pipeline) => {
    const transformer = await pipeline.transformer();
    const velocity = async () => {
      const { inputs } = trainInputs(pipeline.device, {
        tasks: [taskOf(1)],
        noise: {},
      });
      using v = transformer.forward({ ...inputs, guidance: 1 });
      const values = Float32Array.from(await v.data());
      for (const x of [inputs.img, inputs.txt!, inputs.pooled]) x.dispose();
      return values;
    };
    const base = await velocity();
    await using trainer = await openLoraTrainer(pipeline, OPTIONS);
    assert.deepEqual(await velocity(), base);
    const first = await trainer.read();
    await trainer.accumulate([taskOf(1)], 1);
    assert(await trainer.gradientNorm() > 0);
    await trainer.update({ count: 1, ...STEP });
    const { weights, average } = await trainer.read();
    for (const [name, values] of Object.entries(weights)) {
      const changed = values.filter((x, i) => x !== first.weights[name]![i]);
      if (name.endsWith("lora_B.weight")) {
        assert(changed.length === values.length, name);
        // 0.9 · 0 + 0.1 · B
        assertClose(average![name]!, values.map((x) => x / 10), {
          atol: 1e-10,
          rtol: 1e-6,
        });
      }
    }
    assert.notDeepEqual(await velocity(), base);
  });
});

Deno.test("an average by updates forgets the first values soon", async () => {
  await withPipeline(async (pipeline) => {
    const options = { ...OPTIONS, emaByUpdates: true };
    await using trainer = await openLoraTrainer(pipeline, options);
    await trainer.accumulate([taskOf(1)], 1);
    await trainer.update({ count: 1, ...STEP });
    const { weights, average } = await trainer.read();
    const [name, B] = Object.entries(weights).find(([name]) =>
      name.endsWith("lora_B.weight")
    )!;
    // 2/11 · 0 + 9/11 · B, as the decay of 0.9 is more than 2/11
    assertClose(average![name]!, B.map((x) => x * 9 / 11), {
      atol: 1e-10,
      rtol: 1e-6,
    });
  });
});

Deno.test("a batch, its parts, and checkpoints give one gradient", async () => {
  await withPipeline(async (pipeline) => {
    const tasks = [taskOf(1, 0.2), taskOf(2, 0.9)];
    const results = [];
    for (const checkpoint of [false, true]) {
      for (const parts of [[tasks], tasks.map((task) => [task])]) {
        await using trainer = await openLoraTrainer(pipeline, {
          ...OPTIONS,
          checkpoint,
        });
        let loss = 0;
        for (const part of parts) {
          const weight = 1 / parts.length;
          loss += weight * await trainer.accumulate(part, weight);
        }
        const norm = await trainer.gradientNorm();
        await trainer.update({ count: 1, ...STEP });
        results.push({ loss, norm, moments: (await trainer.read()).moment1 });
        for (const task of tasks) await trainer.loss(task);
      }
    }
    const [whole, inParts, ...checkpointed] = results;
    assert.deepEqual(checkpointed, [whole, inParts]); // the same bytes
    // sums regrouped, in f32
    assertClose([inParts!.loss, inParts!.norm], [whole!.loss, whole!.norm], {
      atol: 0,
      rtol: 1e-5,
    });
  });
});

Deno.test("what is read is put back, and goes on to the same bytes", async () => {
  await withPipeline(async (pipeline) => {
    const step = async (
      trainer: Awaited<ReturnType<typeof openLoraTrainer>>,
      count: number,
    ) => {
      await trainer.accumulate([taskOf(count)], 1);
      await trainer.update({ count, ...STEP });
    };
    let middle;
    let last;
    {
      await using trainer = await openLoraTrainer(pipeline, OPTIONS);
      await step(trainer, 1);
      middle = await trainer.read();
      await step(trainer, 2);
      last = await trainer.read();
    }
    await using trainer = await openLoraTrainer(pipeline, {
      ...OPTIONS,
      seed: 7,
    });
    trainer.write(middle);
    assert.deepEqual(await trainer.read(), middle);
    await step(trainer, 2);
    assert.deepEqual(await trainer.read(), last);
    assert.throws(() => trainer.write({ ...middle, moment1: {} }), {
      message:
        'Cannot restore training as every parameter must be there: got none for "transformer_blocks.0.norm1.linear.lora_A.weight"',
    });
  });
});

Deno.test("steps on one task lower its loss, and nothing leaks", async () => {
  await withPipeline(async (pipeline, device) => {
    await pipeline.transformer();
    const task = taskOf(3);
    {
      await using trainer = await openLoraTrainer(pipeline, OPTIONS);
      const before = await trainer.loss(task);
      await trainer.accumulate([task], 1);
      await trainer.update({ count: 1, lr: 1e-2, factor: 0.5 });
      const { tensors } = device.memory;
      for (let count = 2; count <= 6; count++) {
        await trainer.accumulate([task], 1);
        await trainer.update({ count, lr: 1e-2, factor: 0.5 });
      }
      assert.equal(device.memory.tensors, tensors);
      assert(await trainer.loss(task) < 0.9 * before);

      const state = await trainer.read();
      const image = await trainer.sample(task, {
        seed: 1,
        steps: 1,
        guidance: 1,
      });
      assert.deepEqual([image.width, image.height], [32, 32]);
      assert.deepEqual(await trainer.read(), state); // sampling changes nothing
      await trainer.accumulate([task], 1);
      trainer.discard();
      assert.equal(await trainer.gradientNorm(), 0);
      await assert.rejects(trainer.update({ count: 7, ...STEP }), {
        message:
          "Cannot update parameters as there must be a gradient: got none",
      });
    }
    const transformer = await pipeline.transformer();
    for (const { branches } of transformer.linears().values()) {
      assert.equal(branches.length, 0);
    }
  });
});

Deno.test("a LoRA that is begun from is the reference of what is preserved", async () => {
  await withPipeline(async (pipeline) => {
    const start = await (async () => {
      await using first = await openLoraTrainer(pipeline, OPTIONS);
      await first.accumulate([taskOf(1)], 1);
      await first.update({ count: 1, lr: 1e-2, factor: 1 });
      return (await first.read()).weights;
    })();
    await using trainer = await openLoraTrainer(pipeline, {
      ...OPTIONS,
      start,
    });
    const begun = await trainer.read();
    assert.deepEqual(begun.weights, start);
    assert.deepEqual(begun.average, start);
    const held = { ...taskOf(2), preserve: 0.5 };
    // but for rounding: passes with and without a gradient add in other orders
    assert.ok(await trainer.accumulate([held], 1) < 1e-11);
    assert.ok(await trainer.gradientNorm() < 1e-5);
    trainer.discard();

    await trainer.accumulate([taskOf(1)], 1);
    await trainer.update({ count: 1, lr: 1e-2, factor: 1 });
    const own = await trainer.accumulate([taskOf(3)], 1);
    trainer.discard();
    const away = await trainer.accumulate([held], 1);
    assert.ok(away > 0 && await trainer.gradientNorm() > 0);
    trainer.discard();
    const twice = { ...held, preserve: 1 };
    const far = await trainer.accumulate([twice], 1);
    assert.ok(Math.abs(far / away - 2) < 1e-5);
    trainer.discard();
    const mixed = await trainer.accumulate([held, taskOf(3)], 1);
    assert.ok(Math.abs(mixed / ((away + own) / 2) - 1) < 1e-5);
  });
});

Deno.test("a new LoRA has nothing to preserve", async () => {
  await withPipeline(async (pipeline) => {
    await using trainer = await openLoraTrainer(pipeline, OPTIONS);
    await assert.rejects(
      trainer.accumulate([{ ...taskOf(2), preserve: 1 }], 1),
      /training must begin from one: got a new LoRA/,
    );
  });
});
