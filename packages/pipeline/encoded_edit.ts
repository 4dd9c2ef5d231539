import type { TokenLayout } from "@edit-transfer/composite";
import type { Image } from "@edit-transfer/image";
import type { Shift } from "@edit-transfer/metrics";
import type { Pipeline } from "./pipeline.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** An edit of which text and panels are encoded. */
export interface EncodedEdit {
  /** Model to edit with. */
  readonly pipeline: Pipeline;
  /** Conditioning of the caption. */
  readonly text: TextConditioning;
  /** Latents of before, after and query, each `[c, h, w]`. */
  readonly latents: readonly [Float32Array, Float32Array, Float32Array];
  /** Where their tokens stand, and those of the answer. */
  readonly layout: TokenLayout;
  /**
   * The caption without the words of the edit, for other strengths than 1; it
   * stays the edit's.
   *
   * @default {the caption}
   */
  readonly wordless?: (() => Promise<TextConditioning>) | undefined;
  /**
   * The query as it was, at whose size answers are given back.
   *
   * @default {answers are panels}
   */
  readonly query?: Image | undefined;
  /**
   * The pictures that a lock compares, all of them panels.
   *
   * @default {none: the edit cannot be locked}
   */
  readonly comparison?: (() => Promise<Comparison>) | undefined;
}

/** Pictures of an edit that its output is compared with. */
export interface Comparison {
  /** The query. */
  readonly query: Image;
  /** The query as the autoencoder gives it back. */
  readonly seen: Image;
  /** Shift of the example: where its after lies against its before. */
  readonly example: Shift;
}
