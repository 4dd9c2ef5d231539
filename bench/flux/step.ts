/**
 * One step of the transformer on the WebGPU adapter: of the embedded model, and
 * of FLUX.1-dev with random weights, 4,096 + 512 tokens (reduced on a software
 * adapter, and in blocks if the memory does not suffice). Says where the time
 * goes, host, device, kernels, and the peak of memory. PyTorch on the same:
 * bench/pytorch/flux_step.py
 *
 * Usage: deno run -A bench/flux/step.ts [--rounds 3]
 *   [--weights embedded,bf16,q8_0,q4_k]
 */
import { FluxTransformer } from "@edit-transfer/dit";
import {
  OutOfMemoryError,
  ParameterReader,
  Tensor,
  tune,
} from "@edit-transfer/tensor";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  findGpu,
  openWebGpuDevice,
  type WebGpuDevice,
} from "../../packages/tensor/webgpu/device.ts";
import { markdownTable } from "../markdown_table.ts";
import { type Case, embedded, flux, positions, work } from "./cases.ts";
import { type Profile, profile } from "./profile.ts";
import type { RandomWeights } from "./random_source.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    weights: { type: "string", default: "embedded,bf16" },
  },
});
const KERNELS_SHOWN = 8;

async function run(device: WebGpuDevice, task: Case): Promise<Profile> {
  const { config, source, I, T } = task;
  const reader = new ParameterReader(device, source, { linearDType: "stored" });
  using model = await FluxTransformer.load(reader, config);
  const noise = (shape: readonly number[]) =>
    Tensor.from(
      device,
      Float32Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        (_, i) => Math.sin(i * i % 65_521),
      ),
      { shape },
    );
  using img = noise([1, I, config.inChannels]);
  using txt = noise([1, T, config.jointAttentionDim]);
  using pooled = noise([1, config.pooledProjectionDim]);
  const inputs = {
    img,
    txt,
    pooled,
    timestep: 0.5,
    guidance: 1,
    imgIds: positions(task),
    txtIds: Array.from({ length: T }, () => [0, 0, 0]),
  };
  const forward = () => model.forward(inputs);
  using first = await tune(device, forward, (y) => y.dispose());
  if (!(await first.data()).every(Number.isFinite)) {
    throw new Error(`Cannot measure ${task.name} as its output is not finite`);
  }
  return await profile(device, forward, Number(values.rounds));
}

function report(task: Case, found: Profile): string {
  const { total, host, device, dispatches, kernels } = found;
  const ms = (time: number | undefined) => time?.toPrecision(3) ?? "unknown";
  const perKernel = dispatches === undefined
    ? ""
    : `, ${(1000 * host / dispatches).toFixed(1)} µs a kernel`;
  const sum = kernels.reduce((all, [, time]) => all + time, 0);
  return `\n${
    markdownTable([`${task.name}, ${task.I} + ${task.T} tokens`, ""], [
      ["a step", `${ms(total)} ms`],
      ["rate", `${(work(task) / total / 1e9).toPrecision(3)} TFLOP/s`],
      ["recorded by the host in", `${ms(host)} ms${perKernel}`],
      ["device busy", `${ms(device)} ms`],
      ["kernels run", String(dispatches ?? "unknown")],
      ...kernels.slice(0, KERNELS_SHOWN).map((
        [name, time],
      ) => [`\`${name}\``, `${(100 * time / sum).toFixed(1)} %`]),
    ])
  }`;
}

const adapter = await findGpu({ software: true });
if (adapter === undefined) {
  throw new Error("Cannot run a step as no WebGPU adapter was found");
}
const open = async () =>
  await openWebGpuDevice((await findGpu({ software: true }))!);
const software = await (async () => {
  const device = await open();
  device[Symbol.dispose]();
  return device.software;
})();

/** The model of a name, then smaller ones if it does not fit. */
async function casesOf(name: string): Promise<Case[]> {
  if (name === "embedded") return [await embedded()];
  const weights = name as RandomWeights;
  if (software) {
    return [flux([1, 2], { heads: 6, I: 64, T: 32, weights })];
  }
  const whole = { heads: 24, I: 4096, T: 512, weights };
  return [flux([19, 38], whole), flux([4, 8], whole), flux([1, 2], whole)];
}

for (const name of values.weights.split(",")) {
  for (const task of await casesOf(name)) {
    const device = await open();
    try {
      const start = performance.now();
      const found = await run(device, task);
      process.stdout.write(report(task, found));
      const { peakBytes, peakHeldBytes } = device.memory;
      const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(2);
      process.stdout.write(
        `\nPeak of tensors ${gibibytes(peakBytes)} GiB, of buffers ${
          gibibytes(peakHeldBytes)
        } GiB; ${
          ((performance.now() - start) / 1000).toFixed(0)
        } s in all with loading and measuring.\n`,
      );
      break;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      process.stdout.write(`\n${task.name}: ${error.message}\n`);
    } finally {
      device[Symbol.dispose]();
    }
  }
}
