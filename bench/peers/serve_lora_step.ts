/**
 * A LoRA training step in a process of its own: reads a number of steps a line,
 * does them, and answers with the milliseconds of each.
 *
 * Usage: deno run -A bench/peers/serve_lora_step.ts BATCH with|without
 */
import { openDevice } from "@edit-transfer/tensor";
import process from "node:process";
import { createInterface } from "node:readline";
import { loraStep } from "../lora_step.ts";

const [batch, checkpoints] = process.argv.slice(2);
const device = await openDevice("cpu");
const step = await loraStep(device, {
  batch: Number(batch),
  checkpoint: checkpoints === "with",
});
process.stdout.write("[]\n");
for await (const line of createInterface({ input: process.stdin })) {
  const milliseconds: number[] = [];
  for (let i = 0; i < Number(line); i++) {
    const start = performance.now();
    await step();
    milliseconds.push(performance.now() - start);
  }
  process.stdout.write(`${JSON.stringify(milliseconds)}\n`);
}
process.exit(0);
