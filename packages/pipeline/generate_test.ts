import { decodePanel, generate, loadPipeline } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { guidanceNotices } from "./guidance_notices.ts";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));

Deno.test("generate() refuses sides that do not divide into tokens", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  {
    await using pipeline = await loadPipeline(MICRO, { device });
    const run = generate(pipeline, { prompt: "", seed: 0, width: 40 });
    await assert.rejects(run, {
      name: "RangeError",
      message:
        "Cannot divide a picture into tokens as its sides must be multiples of 16 pixels: got 40",
    });
  }
});

Deno.test("guidance that a model cannot use is a notice", () => {
  assert.deepEqual(guidanceNotices({ guidanceEmbeds: true }, 2), []);
  assert.deepEqual(guidanceNotices({ guidanceEmbeds: false }, undefined), []);
  assert.deepEqual(guidanceNotices({ guidanceEmbeds: false }, 2), [
    "Guidance 2 is ignored as the model does not embed a guidance scale",
  ]);
});

Deno.test("decodePanel() refuses latents that are not finite", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  {
    await using pipeline = await loadPipeline(MICRO, { device });
    const latents = new Float32Array(64);
    latents[5] = NaN;
    const run = decodePanel(await pipeline.vae(), latents, {
      shape: [16, 2, 2],
      device,
    });
    await assert.rejects(run, {
      name: "RangeError",
      message:
        "Cannot decode latents as all must be finite: got NaN at element 5",
    });
  }
});
