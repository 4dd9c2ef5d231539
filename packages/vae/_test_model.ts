import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { readGolden } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AutoencoderKl } from "./autoencoder_kl.ts";
import { parseVaeConfig } from "./config.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** Loads a model from a file below `fixtures/`. */
async function load(
  device: Device,
  { file, config }: { file: string; config: unknown },
): Promise<AutoencoderKl> {
  const path = fileURLToPath(new URL(file, FIXTURES));
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
    file: "goldens/vae/tiny.safetensors",
    config: { ...config, use_quant_conv: quant, use_post_quant_conv: quant },
  });
}

/** The embedded model. */
export async function microModel(device: Device): Promise<AutoencoderKl> {
  const config = new URL("micro/vae/config.json", FIXTURES);
  return await load(device, {
    file: "micro/vae/diffusion_pytorch_model.safetensors",
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
  const { arrays, shapes } = readGolden(`vae/${name}`);
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
