// LoRA training steps of the embedded model, with and without checkpoints.
// PyTorch and peft on the same, in turns: bench/peers/lora_step.ts
//
// BATCH=16 sets the batch, DEVICE=webgpu the device.
import { type Device, openDevice } from "@edit-transfer/tensor";
import process from "node:process";
import { loraStep } from "./lora_step.ts";

const B = Number(process.env.BATCH ?? 8);
const KIND = process.env.DEVICE === "webgpu" ? "webgpu" : "cpu";

for (const checkpoint of [false, true]) {
  const name = `LoRA step, batch ${B}, ${
    checkpoint ? "with" : "without"
  } checkpoints [${KIND}]`;
  let device: Device | undefined;
  let step: (() => Promise<number>) | undefined;
  Deno.bench({
    name,
    group: "LoRA step",
    n: 10,
    warmup: 3,
    async fn(b) {
      device ??= await openDevice(KIND);
      step ??= await loraStep(device, { batch: B, checkpoint });
      b.start();
      await step();
      b.end();
      report(name, device);
    },
  });
}

/** Most bytes of each case, printed when they grow. */
const peaks = new Map<string, number>();

function report(name: string, { memory }: Device): void {
  if ((peaks.get(name) ?? 0) >= memory.peakBytes) return;
  peaks.set(name, memory.peakBytes);
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  // deno-lint-ignore no-console
  console.log(
    `${name}: peak ${mebibytes(memory.peakBytes)} MiB, of which ${
      mebibytes(memory.bytes)
    } MiB stay`,
  );
}
