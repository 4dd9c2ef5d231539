/**
 * Edits of a 3:2, a 9:16 and a 1:3 picture on a random model of FLUX.1-dev's
 * widths, against diffusers: panels within a level, answers of the queries' sizes.
 *
 * Usage: python tools/goldens/shapes.py OUT; deno run -A checks/shapes.ts OUT
 */
import { type Image, matchSize } from "@edit-transfer/image";
import { loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { openSafetensors } from "@edit-transfer/weights";
import { join } from "node:path";
import process from "node:process";

const [folder = ""] = Deno.args;
await using golden = await openSafetensors(join(folder, "answers.safetensors"));
const { prompt, seed, steps } = golden.metadata;
using device = await openDevice("cpu");
{
  await using pipeline = await loadPipeline(folder, { device });
  for (const [width, height] of [[300, 200], [90, 160], [100, 300]] as const) {
    const panel = matchSize({ width, height }, {
      side: pipeline.panelSize,
      multiple: pipeline.tokenSize,
    });
    const [before, after, query] = [0, 1, 2].map((k) =>
      pattern(k, panel.width, panel.height)
    ) as [Image, Image, Image];
    const run = { seed: Number(seed), steps: Number(steps) };
    const shown = { before, after, prompt };
    using exact = await prepareEdit(pipeline, { ...shown, query, panel });
    const { image } = await exact.run(run);
    const name = `${panel.width}x${panel.height}`;
    const expected = await golden.read(name);
    const most = image.data.reduce(
      (most, level, i) => Math.max(most, Math.abs(level - expected[i]!)),
      0,
    );
    const photo = pattern(2, width, height);
    using matched = await prepareEdit(pipeline, { ...shown, query: photo });
    const { image: answer } = await matched.run({ ...run, steps: 1 });
    const isSize = answer.width === width && answer.height === height;
    process.stdout.write(
      `${width}x${height}: panels ${name}, ${most} levels from diffusers, answer ${answer.width}x${answer.height}`,
    );
    if (most > 1 || !isSize) Deno.exitCode = 1;
  }
}

/** Picture `k` of the golden, of which integers decide all levels. */
function pattern(k: number, width: number, height: number): Image {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, i / 3 / width | 0];
    return Math.abs((x * (c + 2) + y * (k + 1)) % 128 - 64) * 3 + 30;
  });
  return { width, height, data };
}
