import { type FluxConfig, parseFluxConfig } from "@edit-transfer/dit";
import { openSafetensors, type WeightSource } from "@edit-transfer/weights";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { RandomSource, type RandomWeights } from "./random_source.ts";

const MICRO = new URL("../../models/micro/transformer/", import.meta.url);

/** A model and how many tokens it gets. */
export interface Case {
  readonly name: string;
  readonly config: FluxConfig;
  readonly source: WeightSource;
  /** Image tokens, a square of them. */
  readonly I: number;
  /** Text tokens. */
  readonly T: number;
}

/** FLUX.1-dev with random weights, or with fewer blocks and heads. */
export function flux(
  [double, single]: readonly [number, number],
  { heads, I, T, weights = "bf16" }: {
    heads: number;
    I: number;
    T: number;
    readonly weights?: RandomWeights | undefined;
  },
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
    name:
      `${double} + ${single} blocks of width ${config.hiddenSize}, ${weights}`,
    config,
    source: new RandomSource(config, weights),
    I,
    T,
  };
}

/** The model that the repository carries, at the size of an edit. */
export async function embedded(): Promise<Case> {
  const json = readFileSync(new URL("config.json", MICRO), "utf8");
  return {
    name: "embedded model",
    config: parseFluxConfig(JSON.parse(json), "config.json"),
    source: await openSafetensors(
      fileURLToPath(new URL("diffusion_pytorch_model.safetensors", MICRO)),
    ),
    I: 64,
    T: 32,
  };
}

/** Floating-point operations of a forward pass in the blocks. */
export function work({ config, I, T }: Case): number {
  const { hiddenSize: C, numLayers, numSingleLayers } = config;
  const L = T + I;
  return (numLayers + numSingleLayers) * (24 * L * C * C + 4 * L * L * C);
}

/** Positions of the image tokens. */
export function positions({ I }: Pick<Case, "I">): number[][] {
  const side = Math.sqrt(I);
  return Array.from(
    { length: I },
    (_, i) => [0, Math.floor(i / side), i % side],
  );
}
