import { loadPipeline } from "@edit-transfer/pipeline";
import { planTraining } from "@edit-transfer/plan";
import { openDevice } from "@edit-transfer/tensor";
import { nameRunningTest } from "@edit-transfer/testing";
import { openLoraTrainer } from "@edit-transfer/training";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { NO_ADAPTER, testAdapter } from "../tensor/_test_adapter.ts";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));
const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 };

for (const kind of ["cpu", "webgpu"] as const) {
  const missing = kind === "webgpu" && testAdapter === undefined;
  const name = `planTraining() foretells the memory of an update [${kind}]`;
  Deno.test({
    name: missing ? name + NO_ADAPTER : name,
    ignore: missing,
    async fn() {
      nameRunningTest(name);
      const peaks = [];
      for (const checkpoint of [true, false]) {
        const trainer = { rank: 4, seed: 1, adam: ADAM, ema: 0.9, checkpoint };
        const plan = await planTraining(MICRO, {
          device: kind,
          panelSize: 32,
          batchSize: 2,
          trainer,
        });
        const device = await openDevice(kind);
        {
          await using pipeline = await loadPipeline(MICRO, { device });
          using text = await pipeline.encodeText("");
          const [, ...states] = text.states.shape as [number, number, number];
          const zeros = (shape: readonly number[]) => ({
            shape,
            data: new Float32Array(shape.reduce((n, extent) => n * extent)),
          });
          const task = {
            latents: zeros([16, 8, 8]),
            text: { pooled: zeros([64]), states: zeros(states) },
            seed: 1,
            sigma: 0.5,
          };
          await using run = await openLoraTrainer(pipeline, trainer);
          for (let count = 1; count <= 3; count++) {
            await run.accumulate([task, task], 1);
            await run.update({ count, lr: 1e-4, factor: 1 });
          }
        }
        const { peakBytes } = device.memory;
        device[Symbol.dispose]();
        assert.ok(
          Math.abs(plan.peakBytes / peakBytes - 1) < 0.1,
          `planned ${plan.peakBytes}, measured ${peakBytes}`,
        );
        // weights, gradient, two moments and the average of each, in f32
        const values = 5 * 4 * plan.trainedParameters;
        if (kind === "webgpu") assert.equal(plan.loraBytes, values);
        else assert.ok(plan.loraBytes >= values); // panels may be kept
        peaks.push(plan.peakBytes);
      }
      assert.ok(peaks[0]! < peaks[1]!);
    },
  });
}

Deno.test("planTraining() refuses what the trainer does", async () => {
  await assert.rejects(
    planTraining(MICRO, {
      device: "cpu",
      panelSize: 32,
      batchSize: 1,
      trainer: { rank: 0, seed: 1, adam: ADAM },
    }),
    { name: "RangeError" },
  );
});
