/**
 * One step of the transformer on the WebGPU adapter: of the embedded model, and
 * of FLUX.1-dev with random weights, 4,096 + 512 tokens (reduced on a software
 * adapter, and in blocks if the memory does not suffice). Says where the time
 * goes: host, device, kernels. PyTorch on the same: tools/bench/flux_step.py
 *
 * Usage: deno run -A bench/flux/step.ts [--rounds 3] [--skip-flux]
 */
import {
  type FluxConfig,
  FluxTransformer,
  parseFluxConfig,
} from "@edit-transfer/dit";
import {
  OutOfMemoryError,
  ParameterReader,
  Tensor,
  tune,
} from "@edit-transfer/tensor";
import { openSafetensors, type WeightSource } from "@edit-transfer/weights";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  findGpu,
  openWebGpuDevice,
  type WebGpuDevice,
} from "../../packages/tensor/webgpu/device.ts";
import { markdownTable } from "../markdown_table.ts";
import { type Profile, profile } from "./profile.ts";
import { RandomSource } from "./random_source.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    "skip-flux": { type: "boolean", default: false },
  },
});
const MICRO = new URL("../../fixtures/micro/transformer/", import.meta.url);
const KERNELS_SHOWN = 8;

/** A model and how many tokens it gets. */
interface Case {
  readonly name: string;
  readonly config: FluxConfig;
  readonly source: WeightSource;
  readonly I: number;
  readonly T: number;
}

function flux(
  [double, single]: readonly [number, number],
  { heads, I, T }: { heads: number; I: number; T: number },
): Case {
  const config = parseFluxConfig({
    in_channels: 64,
    num_layers: double,
    num_single_layers: single,
    attention_head_dim: 128,
    num_attention_heads: heads,
    joint_attention_dim: 4096,
    pooled_projection_dim: 768,
    guidance_embeds: true,
  }, "FLUX.1-dev");
  return {
    name: `${double} + ${single} blocks of width ${config.hiddenSize}, bf16`,
    config,
    source: new RandomSource(config),
    I,
    T,
  };
}

/** Floating-point operations of a step in the blocks. */
function work({ config, I, T }: Case): number {
  const { hiddenSize: C, numLayers, numSingleLayers } = config;
  const L = T + I;
  return (numLayers + numSingleLayers) * (24 * L * C * C + 4 * L * L * C);
}

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
  const side = Math.sqrt(I);
  const inputs = {
    img,
    txt,
    pooled,
    timestep: 0.5,
    guidance: 1,
    imgIds: Array.from(
      { length: I },
      (_, i) => [0, Math.floor(i / side), i % side],
    ),
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

const json = readFileSync(new URL("config.json", MICRO), "utf8");
const embedded: Case = {
  name: "embedded model",
  config: parseFluxConfig(JSON.parse(json), "config.json"),
  source: await openSafetensors(
    fileURLToPath(new URL("diffusion_pytorch_model.safetensors", MICRO)),
  ),
  I: 64,
  T: 32,
};
let device = await open();
process.stdout.write(report(embedded, await run(device, embedded)));
const { software } = device;
device.destroy();

const whole = { heads: 24, I: 4096, T: 512 };
const cases = software
  ? [flux([1, 2], { heads: 6, I: 64, T: 32 })]
  : [flux([19, 38], whole), flux([4, 8], whole), flux([1, 2], whole)];
for (const task of values["skip-flux"] ? [] : cases) {
  device = await open();
  try {
    const start = performance.now();
    const found = await run(device, task);
    process.stdout.write(report(task, found));
    const { peakBytes } = device.memory;
    process.stdout.write(
      `\nPeak of tensors ${(peakBytes / 2 ** 30).toFixed(2)} GiB; ${
        ((performance.now() - start) / 1000).toFixed(0)
      } s in all with loading and measuring.\n`,
    );
    break;
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    process.stdout.write(`\n${task.name}: ${error.message}\n`);
  } finally {
    device.destroy();
  }
}
