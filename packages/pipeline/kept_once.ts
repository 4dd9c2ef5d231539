import type { EncodedEdit } from "./encoded_edit.ts";
import type { KeptQuery } from "./edit_kept.ts";
import { keepEdit, keepQuery } from "./kept_edit.ts";

/** What is kept of an edit and of its query, computed when it is first needed. */
export class KeptOnce implements Disposable {
  readonly #encoded: EncodedEdit;
  #unedited: KeptOnce | undefined;
  #kept: (KeptQuery & { readonly owned: Disposable }) | undefined;

  constructor(encoded: EncodedEdit) {
    this.#encoded = encoded;
  }

  /**
   * What is kept, told the noise level `sigma`, by default the pipeline's;
   * `signal` stops before the next block.
   */
  async get(
    { sigma = this.#encoded.pipeline.defaults.conditionSigma, signal }: {
      readonly sigma: number | undefined;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<KeptQuery> {
    if (this.#kept?.edit.sigma === sigma) return this.#kept;
    this.#kept?.owned[Symbol.dispose]();
    this.#kept = undefined;
    const { pipeline, latents } = this.#encoded;
    using made = new DisposableStack();
    const edit = made.use(
      await keepEdit(pipeline, this.#encoded, { sigma, signal }),
    );
    const query = made.use(
      await keepQuery(pipeline, edit, latents[2], signal),
    );
    const kept = { pipeline, edit, query, latents, owned: made.move() };
    this.#kept = kept;
    return kept;
  }

  /** The same beside an example that changes nothing, without words of an edit. */
  async unedited(options: Parameters<KeptOnce["get"]>[0]): Promise<KeptQuery> {
    const { text, wordless, latents: [before, , query] } = this.#encoded;
    this.#unedited ??= new KeptOnce({
      ...this.#encoded,
      text: await wordless?.() ?? text,
      latents: [before, before, query],
    });
    return await this.#unedited.get(options);
  }

  /** Frees it. */
  [Symbol.dispose](): void {
    this.#unedited?.[Symbol.dispose]();
    this.#unedited = undefined;
    this.#kept?.owned[Symbol.dispose]();
    this.#kept = undefined;
  }
}
