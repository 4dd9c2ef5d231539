/**
 * Peak memory of one double and one single block of FLUX.1-dev's width, with
 * LoRA of rank 16 on every layer: forward alone, and forward and backward.
 * Computed by dry devices, which run the allocator and the kernels of a backend
 * without memory; then measured on the cpu at fewer tokens, beside what a dry
 * device computes for the same. Prints Markdown tables.
 *
 * Usage: deno run -A bench/memory_blocks.ts [--measure 288]
 */
import {
  add,
  type Device,
  keep,
  Linear,
  openDevice,
  openDryDevice,
  type ParameterReader,
  scope,
  sum,
  Tensor,
  valueAndGrad,
} from "@edit-transfer/tensor";
import process from "node:process";
import { parseArgs } from "node:util";
import { FLUX_DEV } from "../packages/dit/_test_flux_dev.ts";
import { parseFluxConfig } from "../packages/dit/config.ts";
import { DoubleBlock } from "../packages/dit/double_block.ts";
import { SingleBlock } from "../packages/dit/single_block.ts";
import { openWebGpuDevice } from "../packages/tensor/webgpu/device.ts";
import { dryAdapter } from "../packages/tensor/webgpu/dry_adapter.ts";

const CONFIG = parseFluxConfig(FLUX_DEV, "config.json");
const { hiddenSize: C, attentionHeadDim: D } = CONFIG;
const RANK = 16;
const TEXT = 512;

const { values: flags } = parseArgs({
  options: { measure: { type: "string", default: "288" } },
});

/** Bytes of each kind, at the peak of a pass. */
interface Bytes {
  /** Linear weights in bf16, and norms. */
  readonly weights: number;
  /** A and B of all layers. */
  readonly lora: number;
  /** Inputs of the block, and rotary tables. */
  readonly inputs: number;
  /** What the forward pass takes besides, its results included. */
  readonly forward: number;
  /** What the tape keeps until the backward pass, results included. */
  readonly kept: number;
  /** What the backward pass takes besides, gradients included. */
  readonly backward: number;
}

/** Weights in bf16 of any name and shape, without values. */
function reader(device: Device): ParameterReader {
  const weight = (shape: readonly number[], dtype: "f32" | "bf16" = "f32") =>
    keep(new Tensor(device, shape, dtype));
  const self: Pick<ParameterReader, "at" | "load" | "linear"> = {
    at: () => self as ParameterReader,
    load: (_, shape) => Promise.resolve(weight(shape)),
    linear: (_, rows, columns) =>
      Promise.resolve(
        new Linear(weight([rows, columns], "bf16"), weight([rows])),
      ),
  };
  return self as ParameterReader;
}

/** Runs both passes of a block over `L` tokens and counts. */
async function count(
  device: Device,
  { kind, L, resetPeak }: {
    kind: "double" | "single";
    L: number;
    resetPeak: () => void;
  },
): Promise<Bytes> {
  const { memory } = device;
  const bytes = () => device.memory.bytes;
  const start = memory.bytes;
  const block = kind === "double"
    ? await DoubleBlock.load(reader(device), CONFIG)
    : await SingleBlock.load(reader(device), CONFIG);
  const weights = bytes() - start;

  const branches: Tensor[] = [];
  for (const linear of Object.values(block.linears())) {
    const [rows, columns] = linear.weight.shape as [number, number];
    const A = keep(new Tensor(device, [RANK, columns]));
    const B = keep(new Tensor(device, [rows, RANK]));
    linear.branches.push({ A, B, scale: 1 });
    branches.push(A, B);
  }
  const lora = bytes() - start - weights;

  const T = Math.min(TEXT, Math.floor(L / 3));
  const tokens = (n: number) => keep(new Tensor(device, [1, n, C]));
  const inputs = kind === "double" ? [tokens(T), tokens(L - T)] : [tokens(L)];
  const vec = keep(new Tensor(device, [1, C]));
  const table = () => keep(new Tensor(device, [L, D / 2]));
  const pe = { cos: table(), sin: table() };
  const before = bytes();

  const forward = () =>
    scope(() => {
      if (block instanceof SingleBlock) {
        return [block.forward(inputs[0]!, vec, pe)];
      }
      const [txt, img] = inputs as [Tensor, Tensor];
      const next = block.forward({ img, txt }, vec, pe);
      return [next.txt, next.img];
    });
  resetPeak();
  forward().forEach((tensor) => tensor.dispose());
  await device.sync();
  const peakForward = device.memory.peakBytes - before;

  let kept = 0;
  resetPeak();
  const { value, grads } = valueAndGrad(() => {
    const outputs = forward();
    kept = bytes() - before;
    return outputs.map((output) => sum(output)).reduce((a, b) => add(a, b));
  }, [...branches, ...inputs]);
  await device.sync();
  const backward = device.memory.peakBytes - before - kept;
  for (const tensor of [value, ...grads]) tensor.dispose();
  return {
    weights,
    lora,
    inputs: before - start - weights - lora,
    forward: peakForward,
    kept,
    backward,
  };
}

/** A hardware adapter with matrix units, as far as memory goes. */
async function dryGpu() {
  const limits = {
    maxBufferSize: 2 ** 37,
    maxStorageBufferBindingSize: 2 ** 31 - 4,
    maxComputeWorkgroupStorageSize: 48 * 1024,
    maxComputeWorkgroupsPerDimension: 65_535,
  };
  const info = {
    vendor: "nvidia",
    architecture: "",
    description: "dry GPU",
    subgroupMinSize: 32,
    subgroupMaxSize: 32,
    subgroupMatrixConfigs: [{
      componentType: "f16",
      resultComponentType: "f32",
      M: 16,
      N: 16,
      K: 16,
    }],
  };
  const features = [
    "shader-f16",
    "subgroups",
    "chromium-experimental-subgroup-matrix",
  ];
  const adapter = { limits, info, features: new Set(features) };
  const device = await openWebGpuDevice(
    dryAdapter(adapter as unknown as GPUAdapter),
  );
  const resetPeak = () => {
    device.memory.peakBytes = device.memory.bytes;
  };
  return { device, resetPeak };
}

function line(text = ""): void {
  process.stdout.write(`${text}\n`);
}

const mib = (bytes: number) => Math.round(bytes / 2 ** 20).toLocaleString("en");

/** Prints a row of each block. */
function print(rows: readonly [name: string, bytes: Bytes][]): void {
  line(
    "| MiB | weights | LoRA | inputs | forward | peak forward | kept | backward | peak with gradients |",
  );
  line(`| --- |${" ---: |".repeat(8)}`);
  for (const [name, b] of rows) {
    const held = b.weights + b.lora + b.inputs;
    const columns = [
      b.weights,
      b.lora,
      b.inputs,
      b.forward,
      held + b.forward,
      b.kept,
      b.backward,
      held + b.kept + b.backward,
    ];
    line(`| ${name} | ${columns.map(mib).join(" | ")} |`);
  }
  line();
}

const KINDS = ["double", "single"] as const;
const L = 4608;
{
  const { device, resetPeak } = await dryGpu();
  const rows: [string, Bytes][] = [];
  for (const kind of KINDS) {
    const options = { kind, L, resetPeak };
    rows.push([`${kind} block, ${L} tokens`, await count(device, options)]);
  }
  line("Computed for a GPU:\n");
  print(rows);
}
{
  const L = Number(flags.measure);
  const rows: [string, Bytes][] = [];
  for (const kind of KINDS) {
    const dry = await openDryDevice("cpu", { threads: 2 });
    const resetPeak = () => dry.resetPeak();
    rows.push([
      `${kind}, ${L} tokens, computed`,
      await count(dry, { kind, L, resetPeak }),
    ]);
    using device = await openDevice("cpu", { threads: 2 });
    // peaks only grow: the second one hides a smaller first
    rows.push([
      `${kind}, ${L} tokens, measured`,
      await count(device, { kind, L, resetPeak() {} }),
    ]);
  }
  line("On the cpu, whose weights are also held in panels of f32:\n");
  print(rows);
}
