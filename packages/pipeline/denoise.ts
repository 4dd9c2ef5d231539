import { eulerStep } from "@edit-transfer/flow";
import { affine, scope, sub, type Tensor } from "@edit-transfer/tensor";
import type { Velocity } from "./velocity.ts";

/** One step of a run, as it is reported to the caller. */
export interface DenoiseStep<Picture> {
  /** Steps done, from 1. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Noise level that this step reached, 0 at the end. */
  readonly sigma: number;
  /**
   * Picture that the model now expects at the end.
   *
   * @param index Which one, of those that are made together; 0 by default.
   * @returns The picture; to be asked for before the next step.
   */
  preview(index?: number): Promise<Picture>;
  /**
   * Latents that this step reached.
   *
   * @param index Which ones, of those that are made together; 0 by default.
   * @returns Tokens `[I, 4c]`; to be asked for before the next step.
   */
  latents(index?: number): Promise<Float32Array>;
}

/** What {@linkcode denoise} needs. */
export interface DenoiseOptions<Picture> {
  /** Velocity of the latents. */
  velocity: Velocity;
  /** Latents to begin with, `[B, n, 4c]`; consumed. */
  latents: Tensor;
  /** Noise levels, ending in 0. */
  sigmas: readonly number[];
  /** Applied to the latents after each step, e.g. to put known tokens back. */
  after: (latents: Tensor) => Tensor;
  /** Tokens `[I, 4c]` of latents of one picture, `[n, 4c]`. */
  tokens: (latents: Float32Array) => Float32Array;
  /** Decodes tokens `[I, 4c]`. */
  decode: (tokens: Float32Array) => Promise<Picture>;
  /** Stops the run before the next step. */
  signal: AbortSignal | undefined;
}

/**
 * Runs Euler steps from noise to data, one a turn.
 *
 * Returns the latents at σ = 0, `[B, n, 4c]`, owned by the caller.
 */
export async function* denoise<Picture>(
  options: DenoiseOptions<Picture>,
): AsyncGenerator<DenoiseStep<Picture>, Tensor> {
  const { velocity, sigmas, after, tokens, decode, signal } = options;
  const steps = sigmas.length - 1;
  let x = options.latents;
  let finished = false;
  let turned = -Infinity;
  try {
    for (let i = 0; i < steps; i++) {
      if (performance.now() - turned > TURN_MS) {
        await turn();
        turned = performance.now();
      }
      signal?.throwIfAborted();
      const sigma = sigmas[i]!;
      const sigmaNext = sigmas[i + 1]!;
      const v = await velocity(x, sigma); // [B, n, 4c]
      try {
        const next = scope(() => after(eulerStep(x, v, sigma, sigmaNext)));
        x.dispose();
        x = next;
        await x.device.sync();
        yield {
          step: i + 1,
          steps,
          sigma: sigmaNext,
          latents: async (index = 0) => tokens(await itemOf(x, index)),
          async preview(index = 0) {
            using end = ahead(x, { v, sigma: sigmaNext });
            return await decode(tokens(await itemOf(end, index)));
          },
        };
      } finally {
        v.dispose();
      }
    }
    finished = true;
    return x;
  } finally {
    if (!finished) x.dispose();
  }
}

/** Where a straight flow from `x` would end: `x − σ v`. */
function ahead(
  x: Tensor,
  { v, sigma }: { readonly v: Tensor; readonly sigma: number },
): Tensor {
  return scope(() => sub(x, affine(v, sigma, 0))); // [B, n, 4c]
}

/** Latents of one picture, `[n, 4c]`. */
export async function itemOf(x: Tensor, index: number): Promise<Float32Array> {
  const values = await x.data() as Float32Array;
  const size = x.size / x.shape[0]!;
  return values.subarray(index * size, (index + 1) * size);
}

/** Milliseconds that signals and timers wait at most, besides those of a step. */
const TURN_MS = 50;

/** Lets signals and timers in, as work on the cpu never yields to them. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
