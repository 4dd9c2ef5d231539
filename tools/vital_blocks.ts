// Which blocks of a model are vital to its pictures, for `edit --method stable-flow`.
//
// Usage: deno run -A tools/vital_blocks.ts [--model DIR --prompts FILE]
//   [--count 16] [--steps 15] [--device auto]
//
// The file has a caption a line. Without it, drawn figures are described, which
// the embedded model knows. Vital are as many blocks of all as in FLUX.1: 9 of 57.
import { measureVitality } from "@edit-transfer/baselines";
import { figureCaption, figureCase } from "@edit-transfer/figures";
import { type DeviceChoice, openDevice } from "@edit-transfer/tensor";
import { loadModel } from "@edit-transfer/transfer";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    prompts: { type: "string" },
    count: { type: "string", default: "16" },
    steps: { type: "string", default: "15" },
    device: { type: "string", default: "auto" },
  },
});
const count = Number(values.count);
const drawn = (index: number) => {
  const { target, words } = figureCase({ split: "train", seed: 1, index });
  return figureCaption(target, { words });
};
const prompts = values.prompts === undefined
  ? Array.from({ length: count }, (_, i) => drawn(i))
  : (await readFile(values.prompts, "utf8")).split("\n")
    .filter((line) => line.trim() !== "").slice(0, count);

using device = await openDevice(values.device as DeviceChoice);
await using model = await loadModel(values.model, { device, loras: false });
const vitality = await measureVitality(model.pipeline, {
  prompts,
  steps: Number(values.steps),
  onProgress: (done, all) => process.stderr.write(`\r${done} of ${all}`),
});
const order = vitality.map((_, block) => block)
  .sort((a, b) => vitality[b]! - vitality[a]!);
const { numLayers } = model.pipeline.folder.transformer.config;
process.stdout.write("\n");
for (const block of order) {
  const kind = block < numLayers
    ? `double ${block}`
    : `single ${block - numLayers}`;
  process.stdout.write(`${block} ${kind}: ${vitality[block]!.toFixed(4)}\n`);
}
const vital = order.slice(0, Math.ceil(order.length * 9 / 57));
process.stdout.write(`blocks=${vital.sort((a, b) => a - b).join(",")}\n`);
