import { type Device, ParameterReader } from "@edit-transfer/tensor";
import { readGolden } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { goldenInputs, type JointInputs } from "./_test_inputs.ts";
import { parseFluxConfig } from "./config.ts";
import { FluxTransformer } from "./flux_transformer.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const MICRO = new URL("../models/micro/transformer/", FIXTURES);
const MICRO_WEIGHTS = new URL("diffusion_pytorch_model.safetensors", MICRO);

/** Loads a model from a file. */
async function load(
  device: Device,
  { file, config, linearDType = "stored" }: {
    file: URL;
    config: unknown;
    linearDType?: "f32" | "stored" | undefined;
  },
): Promise<FluxTransformer> {
  const path = fileURLToPath(file);
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
    file: new URL("goldens/dit/tiny.safetensors", FIXTURES),
    config: { ...config, guidance_embeds: guidance },
    linearDType,
  });
}

/** The embedded model. */
export async function microModel(device: Device): Promise<FluxTransformer> {
  const config = new URL("config.json", MICRO);
  return await load(device, {
    file: MICRO_WEIGHTS,
    config: JSON.parse(readFileSync(config, "utf8")),
  });
}

/** Inputs and the expected output of each stage of a golden case. */
export function goldenCase(
  device: Device,
  name: string,
): { inputs: JointInputs & Disposable; stages: Map<string, Float32Array> } {
  const golden = readGolden(`dit/${name}`);
  requireSameWeights(name, golden.metadata.weights);
  const stages = Object.entries(golden.arrays)
    .filter(([key]) => key.startsWith("stage."))
    .map(([key, values]) => [key.slice("stage.".length), values] as const);
  return { inputs: goldenInputs(device, golden), stages: new Map(stages) };
}

/** Refuses a golden of the embedded model from before it was trained anew. */
function requireSameWeights(name: string, hash: string | undefined): void {
  if (hash === undefined) return;
  const bytes = readFileSync(MICRO_WEIGHTS);
  const now = createHash("sha256").update(bytes).digest("hex");
  if (now === hash) return;
  throw new Error(
    `Cannot use golden "dit/${name}" as it is of other weights than models/micro has: ` +
      `run "python tools/goldens/dit.py micro"`,
  );
}
