import { convertModel } from "@edit-transfer/convert";
import { loadPipeline } from "@edit-transfer/pipeline";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { openLoraTrainer } from "./open_lora_trainer.ts";
import type { LoraTask } from "./train_inputs.ts";

const MICRO = "models/micro";

/** A task of small panels, of random numbers. */
function task(): LoraTask {
  const host = (seed: number, ...shape: number[]) => ({
    shape,
    data: Float32Array.from(randomArray(seed, shape.reduce((a, b) => a * b))),
  });
  return {
    latents: host(1, 16, 8, 8),
    text: { pooled: host(2, 64), states: host(3, 5, 96) },
    seed: 4,
    sigma: 0.5,
  };
}

for (const type of ["q8_0", "q4_k"] as const) {
  forEachDevice(
    `a LoRA beside ${type} weights has the gradients that it has beside the same in f32`,
    async (device) => {
      const folder = await mkdtemp(join(tmpdir(), "train-"));
      try {
        const blocks = join(folder, "blocks");
        const widened = join(folder, "widened");
        await convertModel(MICRO, { output: blocks, type });
        await convertModel(blocks, { output: widened, type: "f32" });
        /** Loss, and gradients with B that is not zero, of all in one. */
        const gradients = async (path: string, checkpoint: boolean) => {
          await using pipeline = await loadPipeline(path, { device });
          await using trainer = await openLoraTrainer(pipeline, {
            rank: 2,
            seed: 42,
            adam: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 },
            checkpoint,
          });
          const state = await trainer.read();
          for (const values of Object.values(state.weights)) {
            values.set(randomArray(7, values.length).map((x) => x / 20));
          }
          trainer.write(state);
          const loss = await trainer.accumulate([task()], 1);
          await trainer.update({ count: 1, lr: 1e-3, factor: 1 });
          const { moment1 } = await trainer.read();
          return {
            loss,
            values: Object.values(moment1).flatMap((one) => [...one]),
          };
        };
        const stored = await gradients(blocks, false);
        const reference = await gradients(widened, false);
        const whole = await gradients(MICRO, false);
        assertRelative([stored.loss], [reference.loss], 1e-6);
        assertRelative(stored.values, reference.values, 1e-5);
        assert.notEqual(stored.loss, whole.loss, "nothing was quantised");
        assert.deepEqual(await gradients(blocks, true), stored);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
}
