/**
 * Steps with joint and with kept conditions on the WebGPU adapter, in turns: of
 * the embedded model, and of FLUX.1-dev with random weights and panels of 512
 * pixels (reduced on a software adapter). Sixteen seeds are four batches of four.
 *
 * Usage: deno run -A bench/flux/kept_step.ts [--rounds 3] [--weights embedded,bf16]
 */
import { quadLayout } from "@edit-transfer/composite";
import { FluxTransformer } from "@edit-transfer/dit";
import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  findGpu,
  openWebGpuDevice,
} from "../../packages/tensor/webgpu/device.ts";
import { markdownTable } from "../markdown_table.ts";
import { type Case, embedded, flux } from "./cases.ts";
import type { RandomWeights } from "./random_source.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    weights: { type: "string", default: "embedded,bf16" },
  },
});

/** Medians of milliseconds, of rounds in turns. */
async function measure(
  device: Device,
  { config, source, I, T }: Case,
): Promise<[name: string, milliseconds: number][]> {
  const reader = new ParameterReader(device, source, { linearDType: "stored" });
  using model = await FluxTransformer.load(reader, config);
  using made = new DisposableStack();
  const noise = (shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from(
      { length: size },
      (_, i) => Math.sin(i * i % 65_521),
    );
    return made.use(Tensor.from(device, values, { shape }));
  };
  const side = Math.sqrt(I); // latents of a panel have as many pixels a side
  const { ids, turns } = quadLayout([config.inChannels / 4, side, side]);
  const [pair, query, answer] = turns.map((rows) => ({
    rows: rows.length,
    imgIds: rows.map((row) => ids[row]!),
  }));
  const told = (B: number) => ({
    pooled: noise([B, config.pooledProjectionDim]),
    timestep: 1,
    guidance: 1,
  });
  const one = told(1);
  const img = (B: number, rows: number) => noise([B, rows, config.inChannels]);
  const text = {
    txt: noise([1, T, config.jointAttentionDim]),
    txtIds: Array.from({ length: T }, () => [0, 0, 0]),
  };
  const given = [
    { ...one, ...text },
    { ...one, img: img(1, pair!.rows), imgIds: pair!.imgIds },
    { ...one, img: img(1, query!.rows), imgIds: query!.imgIds },
  ];
  using kept = await model.keep(given, { dtype: "f16" });
  const answers = (B: number) => ({
    ...told(B),
    img: img(B, answer!.rows),
    imgIds: answer!.imgIds,
    kept: [kept],
  });
  const whole = { ...one, ...text, img: img(1, I), imgIds: ids };
  const [single, four] = [answers(1), answers(4)];
  const cases: [string, () => Promise<Disposable>][] = [
    ["a joint step", () => model.velocity(whole)],
    ["what is kept, once", () => model.keep(given, { dtype: "f16" })],
    ["a kept step", () => model.velocity(single)],
    ["a kept step of 4 seeds", () => model.velocity(four)],
  ];
  const times = cases.map((): number[] => []);
  for (let round = -1; round < Number(values.rounds); round++) {
    for (const [i, [, run]] of cases.entries()) {
      const start = performance.now();
      using _ = await run();
      await device.sync();
      if (round >= 0) times[i]!.push(performance.now() - start);
    }
  }
  return cases.map(([name], i) => {
    const own = times[i]!.sort((a, b) => a - b);
    return [name, own[own.length >> 1]!];
  });
}

const open = async () =>
  await openWebGpuDevice((await findGpu({ software: true }))!);

for (const name of values.weights.split(",")) {
  using device = await open();
  const weights = name as RandomWeights;
  const task = name === "embedded"
    ? await embedded()
    : device.software
    ? flux([1, 2], { heads: 6, I: 64, T: 32, weights })
    : flux([4, 8], { heads: 24, I: 4096, T: 512, weights });
  const found = await measure(device, task);
  const [[, joint], [, keeping], [, step], [, four]] = found as [
    [string, number],
    [string, number],
    [string, number],
    [string, number],
  ];
  const edits = (kept: number) => (kept / (35 * joint)).toFixed(3);
  process.stdout.write(
    `\n${
      markdownTable([`${task.name}, ${task.I} + ${task.T} tokens`, ""], [
        ...found.map(([name, ms]) => [name, `${ms.toPrecision(3)} ms`]),
        [
          "one kept edit of 35 steps, of a joint one",
          edits(keeping + 35 * step),
        ],
        ["16 seeds, of a joint edit", edits(keeping + 35 * 4 * four)],
      ])
    }`,
  );
}
