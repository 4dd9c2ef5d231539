import type { TokenLayout } from "@edit-transfer/composite";
import type { FluxConfig, FluxTransformer } from "@edit-transfer/dit";
import {
  flowMatchSigmas,
  type SchedulerConfig,
  type Seed,
  torchRandn,
} from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import {
  type OpenVelocity,
  type TextConditioning,
  velocityOf,
} from "@edit-transfer/pipeline";
import { concat, type Device, scope, Tensor } from "@edit-transfer/tensor";
import type { MethodRunOptions } from "./method.ts";
import { Walk } from "./walk.ts";

/** Conditioning of a caption. */
export type Caption = Pick<TextConditioning, "pooled" | "states">;

/** What one picture of a batch is told. */
export interface Told {
  readonly caption: Caption;
  /** Guidance scale, for a model that embeds it. */
  readonly guidance: number;
}

/** Parts of a {@linkcode Task}. */
export interface TaskParts {
  readonly device: Device;
  readonly config: FluxConfig;
  readonly scheduler: SchedulerConfig;
  /** The transformer, asked for before each use. */
  readonly transformer: () => Promise<FluxTransformer>;
  /** Captions of the query and of the answer. */
  readonly source: Caption;
  readonly target: Caption;
  /** Where the tokens of what is made stand. */
  readonly layout: TokenLayout;
  /** Clean latents of it as far as they are known, `[c, H, W]`. */
  readonly clean: Float32Array;
  /** Decodes tokens `[I, 4c]`. */
  readonly decode: (tokens: Float32Array) => Promise<Image>;
}

/** One run of a method: a picture, its captions, and a model that is not trained for it. */
export class Task implements Disposable {
  readonly parts: TaskParts;
  /** Clean tokens, `[1, I, 4c]`. */
  readonly clean: Tensor;
  /** Seed of the noise. */
  readonly seed: Seed;
  readonly #options: MethodRunOptions;

  constructor(parts: TaskParts, options: MethodRunOptions) {
    const { layout, clean } = parts;
    this.parts = parts;
    this.#options = options;
    this.seed = options.seed ?? 42;
    const noise = new Float32Array(clean.length);
    const tokens = layout.compose([clean], { noise, sigma: 0 }).clean;
    this.clean = this.tokens(tokens);
  }

  /** Noise levels from 1 to 0. */
  sigmas(steps: number): number[] {
    const { scheduler: config, layout } = this.parts;
    return flowMatchSigmas(steps, { config, imageTokens: layout.tokens });
  }

  /** Number of text tokens, T. */
  get textTokens(): number {
    return this.parts.source.states.shape[1]!;
  }

  /** Tokens `[I, 4c]` on the device, `[1, I, 4c]`. */
  tokens(values: Float32Array): Tensor {
    const { device, layout } = this.parts;
    const width = values.length / layout.tokens;
    return Tensor.from(device, values, { shape: [1, layout.tokens, width] });
  }

  /** Noise that is drawn for tokens, n draws one after another: `[1, I, 4c]` each. */
  tokenNoise(n: number): Tensor[] {
    const { size } = this.clean;
    const drawn = torchRandn(this.seed, n * size);
    return Array.from(
      { length: n },
      (_, i) => this.tokens(drawn.slice(i * size, (i + 1) * size)),
    );
  }

  /** Velocity of a picture, or of a batch in which each has its own caption. */
  velocity(...told: readonly Told[]): OpenVelocity {
    const { transformer, layout } = this.parts;
    const joined = (part: keyof Caption) =>
      concat(told.map(({ caption }) => caption[part]), 0); // [B, …]
    return async (x, sigma, inside) => {
      const text = scope(() => ({
        pooled: joined("pooled"), // [B, C]
        states: joined("states"), // [B, T, C]
      }));
      using _pooled = text.pooled;
      using _states = text.states;
      const velocity = velocityOf({
        transformer,
        text,
        guidance: told.map(({ guidance }) => guidance),
        imgIds: layout.ids,
        signal: this.#options.signal,
      });
      return await velocity(x, sigma, inside); // [B, I, 4c]
    };
  }

  /** Begins at latents `[1, I, 4c]`, which are taken over. */
  walk(x: Tensor, steps: number): Walk {
    const { signal, onStep } = this.#options;
    return new Walk(x, { steps, signal, onStep, decode: this.parts.decode });
  }

  /** Frees the clean tokens. */
  [Symbol.dispose](): void {
    this.clean.dispose();
  }
}
