import { eulerStep } from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import type { DenoiseStep } from "@edit-transfer/pipeline";
import { affine, scope, sub, type Tensor } from "@edit-transfer/tensor";

/** What a {@linkcode Walk} tells, and when it stops. */
export interface WalkOptions {
  /** Steps in all. */
  readonly steps: number;
  /** Decodes tokens `[I, 4c]`. */
  readonly decode: (tokens: Float32Array) => Promise<Image>;
  readonly signal: AbortSignal | undefined;
  readonly onStep:
    | ((step: DenoiseStep<Image>) => unknown)
    | undefined;
}

/** Latents `[1, I, 4c]` on their way along the flow, in either direction. */
export class Walk implements Disposable {
  readonly #options: WalkOptions;
  #x: Tensor;
  #done = 0;

  /** Takes the latents over. */
  constructor(x: Tensor, options: WalkOptions) {
    this.#x = x;
    this.#options = options;
  }

  /** Where it is now, `[1, I, 4c]`; freed by the next step. */
  get x(): Tensor {
    return this.#x;
  }

  /** Runs steps; frees the latents if they fail. */
  async through(steps: () => Promise<void>): Promise<this> {
    try {
      this.#options.signal?.throwIfAborted();
      await steps();
      return this;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * One step: `x += (σ' − σ) v`, then what `after` makes of it.
   *
   * @param v Velocity, `[1, I, 4c]`; it is taken over.
   */
  async step(
    v: Tensor,
    { from, to, after = (x) => x }: {
      /** Noise level σ. */
      readonly from: number;
      /** Noise level σ'. */
      readonly to: number;
      readonly after?: ((x: Tensor) => Tensor) | undefined;
    },
  ): Promise<void> {
    using velocity = v;
    this.goOn(scope(() => after(eulerStep(this.#x, velocity, from, to))));
    await this.#x.device.sync();
    const { steps, decode, onStep } = this.#options;
    const x = this.#x;
    await onStep?.({
      step: ++this.#done,
      steps,
      sigma: to,
      latents: () => valuesOf(x),
      async preview() {
        using end = scope(() => sub(x, affine(velocity, to, 0))); // [1, I, 4c]
        return await decode(await valuesOf(end));
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 0)); // signals and timers
    this.#options.signal?.throwIfAborted();
  }

  /** Goes on from other latents, which are taken over. */
  goOn(x: Tensor): void {
    this.#x.dispose();
    this.#x = x;
  }

  /** Frees the latents. */
  [Symbol.dispose](): void {
    this.#x.dispose();
  }
}

/** Values of a tensor, in memory of their own. */
export async function valuesOf(x: Tensor): Promise<Float32Array<ArrayBuffer>> {
  return Float32Array.from(await x.data());
}
