import { blankImage, type Image } from "@edit-transfer/image";
import { openDevice } from "@edit-transfer/tensor";
import { assertClose, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { encodePanel, encodePanels } from "./panel_codec.ts";
import { loadPipeline } from "./pipeline.ts";

/** A picture of random levels. */
function picture(seed: number): Image {
  const levels = randomArray(seed, 32 * 32 * 3);
  const data = Uint8Array.from(levels, (x) => 128 + 60 * x);
  return { width: 32, height: 32, data };
}

Deno.test("pictures encoded together are encoded each alone", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  await using pipeline = await loadPipeline("models/micro", { device });
  const vae = await pipeline.vae();
  const images = [1, 2, 3, 4, 5].map(picture);
  const together = await encodePanels(vae, images, device);
  assert.equal(together.length, 5);
  for (const [i, image] of images.entries()) {
    const alone = await encodePanel(vae, image, device);
    assertClose(together[i]!, alone, { atol: 1e-5, rtol: 1e-5 });
  }
  await assert.rejects(
    encodePanels(vae, [picture(1), blankImage(32, 16)], device),
    {
      message:
        "Cannot encode pictures together as all must be 32 x 32: got 32 x 16",
    },
  );
});
