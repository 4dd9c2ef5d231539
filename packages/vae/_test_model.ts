import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { readGolden } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AutoencoderKl } from "./autoencoder_kl.ts";
import { parseVaeConfig } from "./config.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const MICRO = new URL("../models/micro/vae/", FIXTURES);
const MICRO_WEIGHTS = new URL("diffusion_pytorch_model.safetensors", MICRO);

/** Loads a model from a file. */
async function load(
  device: Device,
  { file, config }: { file: URL; config: unknown },
): Promise<AutoencoderKl> {
  const path = fileURLToPath(file);
  await using source = await openSafetensors(path);
  const reader = new ParameterReader(device, source);
  return await AutoencoderKl.load(reader, parseVaeConfig(config, path));
}

/** The random model of the goldens, with the 1×1 convolutions or without. */
export async function tinyModel(
  device: Device,
  { quant }: { quant: boolean },
): Promise<AutoencoderKl> {
  const config = JSON.parse(readGolden("vae/tiny").metadata.config!);
  return await load(device, {
    file: new URL("goldens/vae/tiny.safetensors", FIXTURES),
    config: { ...config, use_quant_conv: quant, use_post_quant_conv: quant },
  });
}

/** The embedded model. */
export async function microModel(device: Device): Promise<AutoencoderKl> {
  const config = new URL("config.json", MICRO);
  return await load(device, {
    file: MICRO_WEIGHTS,
    config: JSON.parse(readFileSync(config, "utf8")),
  });
}

/** A golden case: its inputs on the device, and all its arrays. */
export function goldenCase(
  device: Device,
  name: string,
): Disposable & {
  pixels: Tensor;
  latents: Tensor;
  arrays: Readonly<Record<string, Float32Array>>;
} {
  const { arrays, shapes, metadata } = readGolden(`vae/${name}`);
  requireSameWeights(name, metadata.weights);
  const tensor = (key: string) =>
    Tensor.from(device, arrays[key]!, { shape: shapes[key]! });
  const [pixels, latents] = [tensor("pixels"), tensor("latents")];
  return {
    pixels,
    latents,
    arrays,
    [Symbol.dispose]() {
      pixels.dispose();
      latents.dispose();
    },
  };
}

/** Refuses a golden of the embedded model from before it was trained anew. */
function requireSameWeights(name: string, hash: string | undefined): void {
  if (hash === undefined) return;
  const bytes = readFileSync(MICRO_WEIGHTS);
  const now = createHash("sha256").update(bytes).digest("hex");
  if (now === hash) return;
  throw new Error(
    `Cannot use golden "vae/${name}" as it is of other weights than models/micro has: ` +
      `run "python tools/goldens/vae.py micro"`,
  );
}
