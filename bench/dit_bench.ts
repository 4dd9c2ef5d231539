// The forward of the embedded model at the size of an edit (64 image and 32
// text tokens), and one block of each kind of FLUX.1-dev's width: at 4,096 image
// and 512 text tokens with bf16 weights on a graphics card, else at 24 and 8 with
// f32. PyTorch on the same: python bench/pytorch/dit_forward.py
import { FluxTransformer, parseFluxConfig } from "@edit-transfer/dit";
import {
  cast,
  type Device,
  Gain,
  keep,
  Linear,
  ParameterReader,
  scope,
  Tensor,
} from "@edit-transfer/tensor";
import { openSafetensors } from "@edit-transfer/weights";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { QkvProjection } from "../packages/dit/attention.ts";
import { DoubleBlock } from "../packages/dit/double_block.ts";
import { DoubleStream } from "../packages/dit/double_stream.ts";
import { Mlp } from "../packages/dit/mlp.ts";
import { ropeTables } from "../packages/dit/rope.ts";
import { SingleBlock } from "../packages/dit/single_block.ts";
import { openIfPresent } from "./open_if_present.ts";

const MICRO = new URL("../models/micro/transformer/", import.meta.url);

/** A tensor of small values, from one short sequence. */
function filled(device: Device, shape: readonly number[]): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const values = new Float32Array(n);
  const period = Math.min(n, 65521);
  for (let i = 0; i < period; i++) values[i] = Math.sin(i * i) / 50;
  for (let at = period; at < n; at *= 2) values.copyWithin(at, 0, at);
  return Tensor.from(device, values, { shape });
}

/** Image positions of a grid. */
function gridIds(rows: number, columns: number): number[][] {
  return Array.from(
    { length: rows * columns },
    (_, i) => [0, Math.floor(i / columns), i % columns],
  );
}

async function microForward(device: Device): Promise<() => Tensor> {
  const json = readFileSync(new URL("config.json", MICRO), "utf8");
  const config = parseFluxConfig(JSON.parse(json), "config.json");
  await using source = await openSafetensors(
    fileURLToPath(new URL("diffusion_pytorch_model.safetensors", MICRO)),
  );
  const reader = new ParameterReader(device, source);
  const model = await FluxTransformer.load(reader, config);
  const inputs = {
    img: filled(device, [1, 64, config.inChannels]),
    txt: filled(device, [1, 32, config.jointAttentionDim]),
    pooled: filled(device, [1, config.pooledProjectionDim]),
    timestep: 0.5,
    guidance: 1,
    imgIds: gridIds(8, 8),
    txtIds: Array(32).fill([0, 0, 0]),
  };
  return () => model.forward(inputs);
}

const [C, D, M] = [3072, 128, 12288];

/** What both blocks of FLUX.1-dev's width are made of, and are given. */
function fluxParts(device: Device) {
  const { software = true } = device as {
    readonly software?: boolean | undefined;
  };
  const [T, rows, columns] = software ? [8, 4, 6] : [512, 64, 64];
  const I = rows * columns;
  const linear = (out: number, input: number) => {
    const wide = filled(device, [out, input]);
    const weight = software ? wide : keep(cast(wide, "bf16"));
    if (!software) wide.dispose();
    return new Linear(weight, filled(device, [out]));
  };
  const norm = new Gain(filled(device, [D]));
  return {
    linear,
    qkv: () => {
      const [q, k, v] = [linear(C, C), linear(C, C), linear(C, C)];
      return new QkvProjection(q, k, v, norm, norm);
    },
    img: filled(device, [1, I, C]),
    txt: filled(device, [1, T, C]),
    x: filled(device, [1, T + I, C]),
    vec: filled(device, [1, C]),
    pe: ropeTables([...Array(T).fill([0, 0, 0]), ...gridIds(rows, columns)], {
      axesDims: [16, 56, 56],
      device,
    }),
  };
}

function doubleForward(device: Device): () => Tensor {
  const { linear, qkv, img, txt, vec, pe } = fluxParts(device);
  const mlp = () => new Mlp(linear(M, C), linear(C, M));
  const stream = () =>
    new DoubleStream(linear(6 * C, C), qkv(), linear(C, C), mlp());
  const block = new DoubleBlock(stream(), stream());
  return () => scope(() => block.forward({ img, txt }, vec, pe).img);
}

function singleForward(device: Device): () => Tensor {
  const { linear, qkv, x, vec, pe } = fluxParts(device);
  const block = new SingleBlock(
    linear(3 * C, C),
    qkv(),
    linear(M, C),
    linear(C, C + M),
  );
  return () => scope(() => block.forward(x, vec, pe));
}

const cases: [string, (device: Device) => MaybePromise<() => Tensor>][] = [
  ["micro forward 64 + 32 tokens", microForward],
  ["FLUX-width double block", doubleForward],
  ["FLUX-width single block", singleForward],
];

type MaybePromise<T> = T | Promise<T>;

for (const kind of ["cpu", "webgpu"] as const) {
  for (const [name, prepare] of cases) {
    Deno.bench({
      name: `${name} [${kind}]`,
      group: name,
      n: 12,
      warmup: 2,
      async fn(b) {
        const forward = await prepared(kind, { name, prepare });
        if (forward === undefined) return; // no adapter
        b.start();
        using y = forward();
        await y.data();
        b.end();
      },
    });
  }
}

/** The case that was run last, on a device of its own. */
let last: { key: string; device: Device; forward: () => Tensor } | undefined;

async function prepared(
  kind: "cpu" | "webgpu",
  { name, prepare }: {
    name: string;
    prepare: (device: Device) => MaybePromise<() => Tensor>;
  },
): Promise<(() => Tensor) | undefined> {
  const key = `${kind} ${name}`;
  if (last?.key === key) return last.forward;
  last?.device[Symbol.dispose]();
  last = undefined;
  const device = await openIfPresent(kind);
  if (device === undefined) return undefined;
  last = { key, device, forward: await prepare(device) };
  return last.forward;
}
