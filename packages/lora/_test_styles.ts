import {
  attachLora,
  layerShapes,
  type LoraFile,
  loraPart,
  type ModelPart,
  readLora,
  requireMatch,
  resolveGains,
  weightReader,
} from "@edit-transfer/lora";
import {
  type Device,
  type Gain,
  type Linear,
  ParameterReader,
} from "@edit-transfer/tensor";
import { readGolden, relativeError } from "@edit-transfer/testing";
import {
  ClipTextEncoder,
  parseClipTextConfig,
  parseT5Config,
  T5Encoder,
} from "@edit-transfer/text";
import {
  type DType,
  f32ToBf16,
  f32ToF16,
  f8ToF32,
  memoryWeights,
  type TensorData,
  type WeightSource,
} from "@edit-transfer/weights";
import { readFileSync } from "node:fs";
import { FluxTransformer } from "../dit/flux_transformer.ts";
import { goldenInputs } from "../dit/_test_inputs.ts";
import { parseFluxConfig } from "../dit/config.ts";
import {
  goldenConfig,
  goldenIds,
  goldenWeights,
} from "../text/_test_golden.ts";

/** A LoRA file of a style. */
export interface StyleCase {
  readonly name: string;
  /** Whose style it is. */
  readonly about: string;
  /** What diffusers does with it. */
  readonly diffusers: string;
  readonly arrays: readonly (readonly [
    name: string,
    dtype: DType,
    shape: readonly number[],
    exponent: number | null,
    value: number | "NaN" | readonly number[] | null,
  ])[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** All files, made by tools/goldens/lora_styles.py. */
export const STYLE_CASES: readonly StyleCase[] = JSON.parse(
  readFileSync(
    new URL(
      "../../fixtures/goldens/lora_styles/cases.json",
      import.meta.url,
    ),
    "utf8",
  ),
);

/** The file of a case. */
export function styleFile({ name, arrays, metadata }: StyleCase): WeightSource {
  const tensors: Record<string, TensorData> = {};
  for (const [name, dtype, shape, exponent, value] of arrays) {
    const count = shape.reduce((n, extent) => n * extent, 1);
    const values = Array.isArray(value)
      ? value
      : value === null
      ? generated(name, count, exponent!)
      : Array<number>(count).fill(Number(value));
    tensors[name] = { dtype, shape, data: encoded(values, dtype) };
  }
  const path = `${name}.safetensors`;
  return memoryWeights(tensors, { path, metadata });
}

/** k / 2^exponent with k in -7…7, by the name. */
function generated(name: string, count: number, exponent: number): number[] {
  let state = 2166136261;
  for (const byte of new TextEncoder().encode(name)) {
    state = Math.imul(state ^ byte, 16777619) >>> 0;
  }
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 24) % 15 - 7) / 2 ** exponent;
  });
}

function encoded(
  values: readonly number[],
  dtype: DType,
): Uint8Array<ArrayBuffer> {
  const wide = Float32Array.from(values);
  const array = dtype === "F32"
    ? wide
    : dtype === "F64"
    ? Float64Array.from(values)
    : dtype === "F16"
    ? f32ToF16(wide)
    : dtype === "BF16"
    ? f32ToBf16(wide)
    : dtype === "I64"
    ? BigInt64Array.from(values, BigInt)
    : dtype === "I32"
    ? Int32Array.from(values)
    : encodedF8(values, dtype as "F8_E4M3" | "F8_E5M2");
  return new Uint8Array(array.buffer);
}

/** Bytes whose values these are. */
function encodedF8(
  values: readonly number[],
  dtype: "F8_E4M3" | "F8_E5M2",
): Uint8Array<ArrayBuffer> {
  const all = f8ToF32(Uint8Array.from({ length: 256 }, (_, i) => i), dtype);
  return Uint8Array.from(values, (value) => {
    const byte = all.findIndex((other) => other === value);
    if (byte === -1) throw new Error(`Value not found in ${dtype}: ${value}`);
    return byte;
  });
}

/** Sigma and guidance: large angles of the sinusoids differ between libraries. */
const TIME = 2 ** -10;

/** The tiny models of the goldens. */
export interface StyleModels extends Disposable {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly weights: Readonly<Record<ModelPart, WeightSource>>;
  /** What they give with a file: velocity, CLIP's vectors, T5's states. */
  outputs(
    file?: LoraFile,
    options?: { readonly allowUnmatched?: boolean | undefined },
  ): Promise<Record<string, ArrayLike<number>>>;
}

/** Loads the tiny transformer and text encoders, or parts with other weights. */
export async function styleModels(
  device: Device,
  other: Partial<Record<ModelPart, WeightSource>> = {},
): Promise<StyleModels> {
  const tiny = readGolden("dit/tiny");
  const guidance = readGolden("dit/guidance");
  const clipGolden = readGolden("text/clip_quick_gelu");
  const t5Golden = readGolden("text/t5_batch");
  const weights: Record<ModelPart, WeightSource> = {
    transformer: memoryWeights(
      Object.fromEntries(
        Object.entries(tiny.arrays).map(([name, data]) => [
          name,
          { dtype: "F32", shape: tiny.shapes[name]!, data },
        ]),
      ),
    ),
    text_encoder: goldenWeights(clipGolden),
    text_encoder_2: goldenWeights(t5Golden),
    ...other,
  };
  using stack = new DisposableStack();
  const reader = (part: ModelPart) =>
    new ParameterReader(device, weights[part]);
  const config = {
    ...JSON.parse(tiny.metadata.config!),
    guidance_embeds: true,
  };
  const model = stack.use(
    await FluxTransformer.load(
      reader("transformer"),
      parseFluxConfig(config, "tiny"),
    ),
  );
  const clip = stack.use(
    await ClipTextEncoder.load(
      reader("text_encoder"),
      parseClipTextConfig(goldenConfig(clipGolden), "clip"),
    ),
  );
  const t5 = stack.use(
    await T5Encoder.load(
      reader("text_encoder_2"),
      parseT5Config(goldenConfig(t5Golden), "t5"),
    ),
  );
  const inputs = stack.use(goldenInputs(device, guidance));
  const layers: Record<ModelPart, ReadonlyMap<string, Linear | Gain>> = {
    transformer: model.layers(),
    text_encoder: clip.linears(),
    text_encoder_2: t5.linears(),
  };
  const under = (prefix: string, part: ModelPart) =>
    [...layerShapes(weights[part])].map(([path, shape]) =>
      [prefix + path, shape] as const
    );
  const shapes = new Map([
    ...under("", "transformer"),
    ...under("text_encoder.", "text_encoder"),
    ...under("text_encoder_2.", "text_encoder_2"),
  ]);
  const owned = stack.move();
  return {
    shapes,
    weights,
    async outputs(file, { allowUnmatched = false } = {}) {
      const { matched } = file === undefined
        ? { matched: [] }
        : requireMatch(shapes, {
          file,
          verb: "attach",
          allowUnmatched,
          flag: "--lora-allow-unmatched",
        });
      const taken = new Map(
        matched.map((key) => [key, file!.layers.get(key)!]),
      );
      using attached = new DisposableStack();
      for (const part of Object.keys(layers) as ModelPart[]) {
        const own = loraPart({ path: "a style", layers: taken }, part);
        if (own.layers.size === 0) continue;
        const weightOf = weightReader(weights[part]);
        const gains = await resolveGains(own, { weightOf });
        attached.use(attachLora(layers[part], own, { gains }));
      }
      using velocity = model.forward({
        ...inputs,
        timestep: TIME,
        guidance: TIME,
      });
      const { pooled, hidden } = clip.forward(goldenIds(clipGolden));
      hidden.dispose();
      using _pooled = pooled;
      using states = await t5.forward(goldenIds(t5Golden));
      return {
        velocity: await velocity.data(),
        clip: await pooled.data(),
        t5: await states.data(),
      };
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** Error of each output of a case that its golden has. */
export async function styleErrors(
  style: StyleCase,
  models: StyleModels,
): Promise<Record<string, number>> {
  const { arrays } = readGolden("lora_styles/outputs");
  const file = await readLora(styleFile(style));
  const outputs = await models.outputs(file);
  const errors: Record<string, number> = {};
  for (const [key, values] of Object.entries(outputs)) {
    const wanted = arrays[`${style.name}.${key}`];
    if (wanted !== undefined) errors[key] = relativeError(values, wanted);
  }
  return errors;
}
