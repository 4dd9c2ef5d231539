import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { readGolden } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseFluxConfig } from "./config.ts";
import { type FluxInputs, FluxTransformer } from "./flux_transformer.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const MICRO = "micro/transformer/";

/** Loads a model from a file below `fixtures/`. */
async function load(
  device: Device,
  { file, config, linearDType = "f32" }: {
    file: string;
    config: unknown;
    linearDType?: "f32" | "stored" | undefined;
  },
): Promise<FluxTransformer> {
  const path = fileURLToPath(new URL(file, FIXTURES));
  await using source = await openSafetensors(path);
  const reader = new ParameterReader(device, source, { linearDType });
  return await FluxTransformer.load(reader, parseFluxConfig(config, path));
}

/** The random model of the goldens: 2 double and 2 single blocks. */
export async function tinyModel(
  device: Device,
  options: { guidance?: boolean; linearDType?: "f32" | "stored" } = {},
): Promise<FluxTransformer> {
  const { guidance = true, linearDType } = options;
  const config = JSON.parse(readGolden("dit/tiny").metadata.config!);
  return await load(device, {
    file: "goldens/dit/tiny.safetensors",
    config: { ...config, guidance_embeds: guidance },
    linearDType,
  });
}

/** The embedded model. */
export async function microModel(device: Device): Promise<FluxTransformer> {
  const config = new URL(`${MICRO}config.json`, FIXTURES);
  return await load(device, {
    file: `${MICRO}diffusion_pytorch_model.safetensors`,
    config: JSON.parse(readFileSync(config, "utf8")),
  });
}

/** Inputs and the expected output of each stage of a golden case. */
export function goldenCase(
  device: Device,
  name: string,
): { inputs: FluxInputs & Disposable; stages: Map<string, Float32Array> } {
  const { arrays, shapes, metadata } = readGolden(`dit/${name}`);
  const tensor = (key: string) =>
    Tensor.from(device, arrays[key]!, { shape: shapes[key]! });
  const ids = (key: string) =>
    Array.from(
      { length: shapes[key]![0]! },
      (_, i) => [...arrays[key]!.slice(3 * i, 3 * i + 3)],
    );
  const [img, txt, pooled] = [tensor("img"), tensor("txt"), tensor("pooled")];
  const stages = Object.entries(arrays)
    .filter(([key]) => key.startsWith("stage."))
    .map(([key, values]) => [key.slice("stage.".length), values] as const);
  return {
    inputs: {
      img,
      txt,
      pooled,
      imgIds: ids("img_ids"),
      txtIds: ids("txt_ids"),
      timestep: Number(metadata.timestep),
      ...(metadata.guidance && { guidance: Number(metadata.guidance) }),
      [Symbol.dispose]() {
        for (const tensor of [img, txt, pooled]) tensor.dispose();
      },
    },
    stages: new Map(stages),
  };
}
