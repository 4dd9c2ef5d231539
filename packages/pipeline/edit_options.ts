import type { LatentNoiseOptions, Seed } from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import type { Shift } from "@edit-transfer/metrics";
import type { Conditions } from "./conditions.ts";
import type { DenoiseStep } from "./denoise.ts";

/** Options of runs of an edit, whatever their seeds. */
export interface EditRunOptions {
  /**
   * Euler steps.
   *
   * @default {the pipeline's `steps`}
   */
  readonly steps?: number | undefined;
  /**
   * Guidance scale; ignored, with a notice, by a model that does not embed it.
   *
   * @default {1}
   */
  readonly guidance?: number | undefined;
  /** Noise; see {@linkcode LatentNoiseOptions}. */
  readonly noise?: LatentNoiseOptions | undefined;
  /** Stops the run before the next step with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step, which the next one waits for. */
  readonly onStep?: ((step: DenoiseStep<Image>) => unknown) | undefined;
}

/** Options of a run of an edit. */
export interface EditOptions extends EditRunOptions {
  /**
   * Seed of the noise, an integer >= 0.
   *
   * @default {42}
   */
  readonly seed?: Seed | undefined;
  /**
   * Strength of the edit s in -0.5…2: the velocity is `v₀ + s (v₁ − v₀)`, where
   * v₁ sees the edit, and v₀ the example before it in the place of after, too,
   * and a caption without its words. 0 is next to nothing, and negative ones do
   * the opposite. Other strengths than 0 and 1 take twice the time.
   *
   * @default {1}
   */
  readonly strength?: number | undefined;
  /**
   * Whether unchanged places are given back exactly from the query, see
   * {@linkcode lock}.
   *
   * @default {false}
   */
  readonly lock?: boolean | undefined;
  /**
   * How the answer sees text and given panels.
   *
   * @default {the pipeline's `conditions`}
   */
  readonly conditions?: Conditions | undefined;
  /**
   * Noise level that kept text and panels are told, 0…1.
   *
   * @default {the pipeline's `conditionSigma`}
   */
  readonly conditionSigma?: number | undefined;
}

/** Result of an edit. */
export interface EditResult {
  /** The edited query, of its size; a panel where it was cropped or padded. */
  readonly image: Image;
  /** The edited query as a panel of the composite. */
  readonly panel: Image;
  /** Its latents, `[c, h, w]`. */
  readonly latents: Float32Array;
  /** Latents of the whole composite, `[c, 2h, 2w]`. */
  readonly quad: Float32Array;
  /** How far it lies from the query, before a lock; measured for one only. */
  readonly shift?: Shift | undefined;
  /** Facts that a user should know, e.g. that an option was ignored. */
  readonly notices: readonly string[];
  /** Milliseconds of each stage, with loading. */
  readonly timings: {
    /** Of the text, where it was encoded in the same call. */
    readonly text?: number | undefined;
    /** Of the panels, likewise. */
    readonly encode?: number | undefined;
    /** Of what is kept of text and panels, in the run that computed it. */
    readonly keep?: number | undefined;
    readonly denoise: number;
    readonly decode: number;
  };
}
