import { imageLayout } from "@edit-transfer/composite";
import { FluxTransformer, parseFluxConfig } from "@edit-transfer/dit";
import { parseSchedulerConfig } from "@edit-transfer/flow";
import { blankImage } from "@edit-transfer/image";
import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import {
  assertRelative,
  type Golden,
  readGolden,
  relativeError,
} from "@edit-transfer/testing";
import { memoryWeights, type TensorData } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { Task } from "./task.ts";
import type { Walk } from "./walk.ts";

const SIDE = 8; // of the latents
const LIMIT = 1e-4; // of the latents' size
const SINGLE = "single_transformer_blocks.";

/** The goldens' model: dit/tiny with 16 channels out, its single blocks repeated. */
async function model(
  device: Device,
  singles: number,
): Promise<FluxTransformer> {
  const { arrays, shapes, metadata } = readGolden("dit/tiny");
  const tensors: Record<string, TensorData> = {};
  for (const [name, data] of Object.entries(arrays)) {
    const [, block, rest] =
      /^single_transformer_blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
    const one = { dtype: "F32", shape: shapes[name]!, data } as const;
    if (block === undefined) tensors[name] = one;
    for (let i = Number(block); i < singles; i += 2) {
      tensors[`${SINGLE}${i}.${rest}`] = one;
    }
  }
  for (const part of ["weight", "bias"]) {
    const { shape, data } = tensors[`proj_out.${part}`]!;
    const [rows, ...rest] = shape as [number, ...number[]];
    const all = new Float32Array(data.length / rows * 16);
    all.set(data as Float32Array);
    all.set(data.subarray(0, data.length / rows * 4), data.length);
    tensors[`proj_out.${part}`] = {
      dtype: "F32",
      shape: [16, ...rest],
      data: all,
    };
  }
  const config = parseFluxConfig({
    ...JSON.parse(metadata.config!),
    out_channels: 16,
    num_single_layers: singles,
    guidance_embeds: true,
  }, "tiny");
  const reader = new ParameterReader(device, memoryWeights(tensors));
  return await FluxTransformer.load(reader, config);
}

/** Latents of a golden as tokens `[I, 16]`. */
export function tokensOf(latents: Float32Array): Float32Array {
  return imageLayout([4, SIDE, SIDE]).compose([], { noise: latents }).noise;
}

/** A task of a golden's picture and captions. */
async function taskOf(
  device: Device,
  { golden, singles, seed, made }: {
    readonly golden: Golden;
    readonly singles: number;
    readonly seed: number;
    readonly made: DisposableStack;
  },
): Promise<Task> {
  const { arrays, shapes, metadata } = golden;
  const transformer = made.use(await model(device, singles));
  const tiles = Number(metadata.tiles);
  const caption = (name: "source" | "target") => {
    const [T, C] = shapes[`states.${name}`]! as [number, number];
    const states = new Float32Array(tiles * T * C);
    for (let i = 0; i < tiles; i++) {
      states.set(arrays[`states.${name}`]!, i * T * C);
    }
    const tensor = (values: Float32Array, shape: number[]) =>
      made.use(Tensor.from(device, values, { shape }));
    return {
      states: tensor(states, [1, tiles * T, C]),
      pooled: tensor(arrays[`pooled.${name}`]!, [1, 10]),
    };
  };
  return made.use(
    new Task({
      device,
      config: transformer.config,
      scheduler: parseSchedulerConfig({ use_dynamic_shifting: true }),
      transformer: () => Promise.resolve(transformer),
      source: caption("source"),
      target: caption("target"),
      layout: imageLayout([4, SIDE, SIDE]),
      clean: arrays.clean!,
      decode: () => Promise.resolve(blankImage(8, 8)),
    }, { seed }),
  );
}

/**
 * Tests that a method gives the final latents of a released program within 1e-4
 * of their size, for each case of its golden.
 */
export function testAgainstProgram<Options>(
  name: string,
  method: (
    task: Task,
    options: Options,
    golden: Golden,
  ) => Promise<Walk>,
  { singles = 2, seed = 10 }: {
    readonly singles?: number;
    readonly seed?: number;
  } = {},
): void {
  const golden = readGolden(`baselines/${name}`);
  const cases = JSON.parse(golden.metadata.options!) as Record<string, Options>;
  for (const [one, options] of Object.entries(cases)) {
    forEachDevice(
      `${name} gives the program's latents, ${one}`,
      async (device) => {
        using made = new DisposableStack();
        const task = await taskOf(device, { golden, singles, seed, made });
        using walk = await method(task, options, golden);
        assertRelative(await walk.x.data(), golden.arrays[one]!, LIMIT);
      },
    );
  }
  Deno.test(`cases of ${name} differ by more than is allowed`, () => {
    for (const one of Object.keys(cases)) {
      for (const other of Object.keys(cases)) {
        const [a, b] = [golden.arrays[one]!, golden.arrays[other]!];
        assert.ok(one === other || relativeError(a, b) > 2 * LIMIT);
      }
    }
  });
}
