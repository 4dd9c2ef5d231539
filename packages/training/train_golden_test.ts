import { loadPipeline } from "@edit-transfer/pipeline";
import { assertClose, readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { openLoraTrainer } from "./open_lora_trainer.ts";
import type { LoraValues } from "./lora_trainer_state.ts";
import type { LoraTask } from "./train_inputs.ts";

const WEIGHTS = "models/micro/transformer/diffusion_pytorch_model.safetensors";

/** Refuses the golden of an embedded model from before it was trained anew. */
async function requireSameWeights(hash: string | undefined): Promise<void> {
  const now = createHash("sha256").update(await readFile(WEIGHTS)).digest(
    "hex",
  );
  if (now === hash) return;
  throw new Error(
    'Cannot use golden "transfer/train" as it is of other weights than models/micro has: run "python tools/goldens/train.py"',
  );
}

for (const kept of [undefined, 1, 0]) {
  forEachDevice(
    `fifty steps on the embedded model are PyTorch's, with ${
      kept === undefined ? "joint conditions" : `kept ones told ${kept}`
    }`,
    async (device) => {
      const { arrays, shapes, metadata } = readGolden("transfer/train");
      await requireSameWeights(metadata.weights);
      await using pipeline = await loadPipeline("models/micro", { device });
      await using trainer = await openLoraTrainer(pipeline, {
        rank: 4,
        seed: 1,
        noise: { round: "none", standardize: true },
        adam: { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01 },
        checkpoint: false,
        conditions: kept === undefined ? "joint" : "kept",
        conditionSigma: kept,
      });
      assert.deepEqual(
        trainer.parameters.map(({ name }) => name).sort(),
        Object.keys(arrays).flatMap((name) =>
          /^norm\.(.*)/.exec(name)?.[1] ?? []
        )
          .sort(),
      );
      const zeros: LoraValues = Object.fromEntries(
        trainer.parameters.map(({ name, shape: [rows, columns] }) => [
          name,
          new Float32Array(rows * columns),
        ]),
      );
      const first = Object.fromEntries(
        trainer.parameters.map(({ name }) => [
          name,
          Float32Array.from(arrays[`first.${name}`] ?? zeros[name]!),
        ]),
      );
      trainer.write({
        weights: first,
        average: undefined,
        moment1: zeros,
        moment2: zeros,
      });

      const row = (name: string, i: number) => {
        const [, ...shape] = shapes[name]!;
        const size = shape.reduce((a, b) => a * b, 1);
        const data = Float32Array.from(
          arrays[name]!.slice(i * size, (i + 1) * size),
        );
        return { shape, data };
      };
      const { sigmas } = arrays;
      const ofKept = readGolden("transfer/train_kept").arrays;
      const losses = kept === undefined
        ? arrays.losses
        : ofKept[`losses.${kept}`];
      const norms = kept === undefined ? arrays.norms : ofKept[`norms.${kept}`];
      const tasks = shapes.latents![0]!;
      // a software adapter is slow: a few steps tell whether gradients are right
      const steps = device.name.startsWith("cpu") ? losses!.length : 5;
      const got = { losses: [] as number[], norms: [] as number[] };
      for (let step = 0; step < steps; step++) {
        const batch = [0, 1].map((i): LoraTask => ({
          latents: row("latents", (2 * step + i) % tasks),
          text: {
            pooled: row("pooled", (2 * step + i) % tasks),
            states: row("states", (2 * step + i) % tasks),
          },
          seed: 1000 + 2 * step + i,
          sigma: sigmas![2 * step + i]!,
        }));
        got.losses.push(await trainer.accumulate(batch, 1));
        const norm = await trainer.gradientNorm();
        got.norms.push(norm);
        await trainer.update({
          count: step + 1,
          lr: 2e-3,
          factor: Math.min(1, 0.05 / (norm + 1e-6)),
        });
      }
      // 50 updates that each carry the rounding of sums of up to 1000 terms, 1e-6
      assertClose(got.losses, losses!.subarray(0, steps), {
        atol: 0,
        rtol: 1e-4,
      });
      assertClose(got.norms, norms!.subarray(0, steps), {
        atol: 0,
        rtol: 1e-4,
      });
    },
  );
}
