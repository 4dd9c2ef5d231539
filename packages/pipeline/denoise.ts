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
   * @returns The picture; to be asked for before the next step.
   */
  preview(): Promise<Picture>;
  /**
   * Latents that this step reached.
   *
   * @returns Tokens `[I, 4c]`; to be asked for before the next step.
   */
  latents(): Promise<Float32Array>;
}

/** What {@linkcode denoise} needs. */
export interface DenoiseOptions<Picture> {
  /** Velocity of the latents. */
  velocity: Velocity;
  /** Latents to begin with, `[1, I, C]`; consumed. */
  latents: Tensor;
  /** Noise levels, ending in 0. */
  sigmas: readonly number[];
  /** Applied to the latents after each step, e.g. to put known tokens back. */
  after: (latents: Tensor) => Tensor;
  /** Decodes latents `[1, I, C]`. */
  decode: (latents: Tensor) => Promise<Picture>;
  /** Stops the run before the next step. */
  signal: AbortSignal | undefined;
}

/**
 * Runs Euler steps from noise to data, one a turn.
 *
 * Returns the latents at σ = 0, `[1, I, C]`, owned by the caller.
 */
export async function* denoise<Picture>(
  options: DenoiseOptions<Picture>,
): AsyncGenerator<DenoiseStep<Picture>, Tensor> {
  const { velocity, sigmas, after, decode, signal } = options;
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
      const v = await velocity(x, sigma); // [1, I, C]
      try {
        const next = scope(() => after(eulerStep(x, v, sigma, sigmaNext)));
        x.dispose();
        x = next;
        await x.device.sync();
        yield {
          step: i + 1,
          steps,
          sigma: sigmaNext,
          latents: async () => await x.data() as Float32Array,
          preview: () => decodeAhead(x, { v, sigma: sigmaNext, decode }),
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

/** Decodes where a straight flow from `x` would end: `x − σ v`. */
async function decodeAhead<Picture>(
  x: Tensor,
  { v, sigma, decode }: {
    v: Tensor;
    sigma: number;
    decode: (latents: Tensor) => Promise<Picture>;
  },
): Promise<Picture> {
  using end = scope(() => sub(x, affine(v, sigma, 0))); // [1, I, C]
  return await decode(end);
}

/** Milliseconds that signals and timers wait at most, besides those of a step. */
const TURN_MS = 50;

/** Lets signals and timers in, as work on the cpu never yields to them. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
