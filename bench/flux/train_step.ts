/**
 * One LoRA training step at FLUX.1-dev's width on the WebGPU adapter: 12 of its
 * 57 blocks with random weights and checkpoints, 4,096 + 512 tokens, rank 16 on
 * all linear layers (reduced on a software adapter). PyTorch on the same:
 * python bench/pytorch/flux_step.py --train --double 4 --single 8
 *
 * Usage: deno run -A bench/flux/train_step.ts [--blocks 4,8] [--rounds 2]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  findGpu,
  openWebGpuDevice,
} from "../../packages/tensor/webgpu/device.ts";
import { loraStep } from "../lora_step.ts";
import { markdownTable } from "../markdown_table.ts";
import { flux, work } from "./cases.ts";

const { values } = parseArgs({
  options: {
    blocks: { type: "string" },
    rounds: { type: "string", default: "2" },
  },
});

const adapter = await findGpu({ software: true });
if (adapter === undefined) {
  throw new Error("Cannot run a step as no WebGPU adapter was found");
}
using device = await openWebGpuDevice(adapter);
const [double, single] = (values.blocks ?? (device.software ? "1,1" : "4,8"))
  .split(",").map(Number) as [number, number];
const model = flux(
  [double, single],
  device.software ? { heads: 2, I: 64, T: 32 } : { heads: 24, I: 4096, T: 512 },
);
const step = await loraStep(device, { batch: 1, checkpoint: true, model });
const losses = [await step()]; // compiles, and measures variants
const times: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const start = performance.now();
  losses.push(await step());
  await device.sync();
  times.push(performance.now() - start);
}
if (!losses.every(Number.isFinite)) {
  throw new Error(`Cannot measure as a loss is not finite: got ${losses}`);
}
const time = times.toSorted((a, b) => a - b)[times.length >> 1]!;
const L = model.I + model.T;
const attention = 4 * L ** 2 * model.config.hiddenSize * (double + single);
// forward twice, once more by the inputs of layers, attention backward 2.5 times
const operations = 3 * work(model) + 1.5 * attention;
const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(2);
process.stdout.write(
  markdownTable([`LoRA step, ${model.name}, ${L} tokens, checkpoints`, ""], [
    ["a step", `${time.toPrecision(3)} ms`],
    ["rate", `${(operations / time / 1e9).toPrecision(3)} TFLOP/s`],
    ["peak of tensors", `${gibibytes(device.memory.peakBytes)} GiB`],
    ["peak of buffers", `${gibibytes(device.memory.peakHeldBytes)} GiB`],
    ["losses", losses.map((loss) => loss.toPrecision(4)).join(", ")],
  ]),
);
