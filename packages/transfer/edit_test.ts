import { decodeImage } from "@edit-transfer/image";
import { type Device, openDevice } from "@edit-transfer/tensor";
import {
  edit,
  loadPipeline,
  type LoraChoice,
  type PreparedEdit,
  prepareEdit,
} from "@edit-transfer/transfer";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import { latentNoise } from "@edit-transfer/flow";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { composeLatents } from "./edit.ts";

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const picture = (name: string) => decodeImage(fixture(`figures/${name}.png`));
const OWN = [{ path: fixture("micro/lora/edit_transfer.safetensors") }];
const words = (await Deno.readTextFile(fixture("figures/edit.txt"))).trim();

/** Calls `body` with the golden's edit of the embedded model, prepared. */
async function withEdit(
  loras: readonly LoraChoice[],
  body: (prepared: PreparedEdit, device: Device) => Promise<void>,
): Promise<void> {
  const device = await openDevice("cpu");
  try {
    await using pipeline = await loadPipeline(fixture("micro"), {
      device,
      loras,
    });
    using prepared = await prepareEdit(pipeline, {
      before: await picture("source"),
      after: await picture("edited"),
      query: await picture("query"),
      ...loras.length > 0
        ? { edit: words }
        : { prompt: readGolden("edit/base").metadata.prompt! },
    });
    await body(prepared, device);
  } finally {
    device.destroy();
  }
}

Deno.test("an edit agrees with diffusers, stage by stage", async () => {
  const { arrays, metadata } = readGolden("edit/edit_42");
  await withEdit(OWN, async (prepared) => {
    const shape = [16, 16, 16] as const;
    assert.equal(prepared.prompt, metadata.prompt);
    assertRelative(await prepared.text.pooled.data(), arrays.pooled!, 1e-5);
    assertRelative(await prepared.text.states.data(), arrays.text!, 1e-5);
    const noise = latentNoise(42, shape);
    assertRelative(noise, arrays.noise!, 1e-6);
    const { latents } = composeLatents(prepared, { noise });
    assertRelative(latents, arrays.initial!, 1e-5);

    const run = edit(prepared, { seed: 42, steps: 35 });
    let turn = await run.next();
    while (turn.done !== true) {
      const { step } = turn.value;
      if (step === 1) {
        assertRelative(await turn.value.latents(), arrays.after_one!, 1e-5);
      } else if (step === 35) {
        assertRelative(await turn.value.latents(), arrays.after_all!, 1e-3);
      }
      turn = await run.next();
    }
    const { image } = turn.value;
    assert.deepEqual([image.width, image.height], [64, 64]);
    const levels = arrays.picture!; // [3, 64, 64]
    for (let i = 0; i < image.data.length; i++) {
      const expected = levels[(i % 3) * 4096 + Math.floor(i / 3)]!;
      assert.ok(Math.abs(image.data[i]! - expected) <= 1);
    }
  });
});

Deno.test("an edit without a LoRA agrees with diffusers after one step", async () => {
  const { arrays } = readGolden("edit/base");
  await withEdit([], async (prepared) => {
    for await (const step of edit(prepared, { seed: 1, steps: 35 })) {
      assertRelative(await step.latents(), arrays.after_one!, 1e-5);
      break; // the generator frees what it holds
    }
  });
});
