import { type Image, matchSize } from "@edit-transfer/image";
import { loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));

/** Picture `k` of the golden, of which integers decide all levels. */
function panel(k: number, width: number, height: number): Image {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, i / 3 / width | 0];
    return Math.abs((x * (c + 2) + y * (k + 1)) % 128 - 64) * 3 + 30;
  });
  return { width, height, data };
}

Deno.test("panels of 3:2, 9:16 and 1:3 are edited as diffusers does at the same positions", async () => {
  const { integers, metadata } = readGolden("shapes/answers");
  using device = await openDevice("cpu");
  await using pipeline = await loadPipeline(MICRO, {
    device,
    loras: [{ path: `${MICRO}/lora/edit_transfer.safetensors` }],
  });
  for (const [width, height] of [[300, 200], [90, 160], [100, 300]] as const) {
    const size = matchSize({ width, height }, { side: 64, multiple: 16 });
    const [before, after, query] = [0, 1, 2].map((k) =>
      panel(k, size.width, size.height)
    ) as [Image, Image, Image];
    const { prompt } = metadata;
    const inputs = { before, after, query, panel: size, prompt };
    using prepared = await prepareEdit(pipeline, inputs);
    const { image } = await prepared.run({
      seed: Number(metadata.seed),
      steps: Number(metadata.steps),
    });
    const expected = integers[`${size.width}x${size.height}`]!;
    assert.equal(image.data.length, expected.length);
    const most = image.data.reduce(
      (most, level, i) => Math.max(most, Math.abs(level - expected[i]!)),
      0,
    );
    assert.ok(most <= 1, `${size.width}x${size.height}: ${most} levels`);
  }
});
