import type { TokenLayout } from "@edit-transfer/composite";
import { keepEdit, type KeptEdit } from "./kept_edit.ts";
import type { Pipeline } from "./pipeline.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** Text and example of an edit, encoded for panels of one shape. */
export interface EncodedExample {
  /** Model to edit with. */
  readonly pipeline: Pipeline;
  /** Conditioning of the caption. */
  readonly text: TextConditioning;
  /** Latents of before and after, each `[c, h, w]`. */
  readonly latents: readonly [Float32Array, Float32Array, ...unknown[]];
  /** Where their tokens stand. */
  readonly layout: TokenLayout;
  /** See {@linkcode EncodedEdit}. */
  readonly wordless?: (() => Promise<TextConditioning>) | undefined;
}

/** What is kept of text and example, computed when a query first needs it. */
export class KeptExample implements Disposable {
  readonly #encoded: EncodedExample;
  #unedited: KeptExample | undefined;
  #kept: KeptEdit | undefined;

  constructor(encoded: EncodedExample) {
    this.#encoded = encoded;
  }

  /**
   * What is kept, told the noise level `sigma`, by default the pipeline's;
   * `signal` stops before the next block. It stays this object's, until another
   * level is asked for.
   */
  async get(
    { sigma = this.#encoded.pipeline.defaults.conditionSigma, signal }: {
      readonly sigma: number | undefined;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<KeptEdit> {
    if (this.#kept?.sigma === sigma) return this.#kept;
    this.#kept?.[Symbol.dispose]();
    this.#kept = undefined;
    const { pipeline } = this.#encoded;
    return this.#kept = await keepEdit(pipeline, this.#encoded, {
      sigma,
      signal,
    });
  }

  /** The same of an example that changes nothing, without words of an edit. */
  async unedited(): Promise<KeptExample> {
    const { text, wordless, latents: [before] } = this.#encoded;
    return this.#unedited ??= new KeptExample({
      ...this.#encoded,
      text: await wordless?.() ?? text,
      latents: [before, before],
    });
  }

  /** Frees it; what is asked for again is computed again. */
  [Symbol.dispose](): void {
    this.#unedited?.[Symbol.dispose]();
    this.#kept?.[Symbol.dispose]();
    this.#kept = undefined;
  }
}
