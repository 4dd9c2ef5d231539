import type { EncodedEdit } from "./encoded_edit.ts";
import type { KeptQuery } from "./edit_kept.ts";
import { keepQuery } from "./kept_edit.ts";
import { KeptExample } from "./kept_example.ts";

/** Noise level that is told, and what stops before the next block. */
type KeepOptions = Parameters<KeptExample["get"]>[0];

/** What is kept of an edit and of its query, computed when it is first needed. */
export class KeptOnce implements Disposable {
  readonly #encoded: EncodedEdit;
  readonly #example: KeptExample;
  readonly #owned: Disposable | undefined;
  #unedited: KeptOnce | undefined;
  #kept: KeptQuery | undefined;

  /** Of an example that other queries share, which then stays theirs. */
  constructor(encoded: EncodedEdit, shared?: KeptExample) {
    this.#encoded = encoded;
    this.#example = shared ?? new KeptExample(encoded);
    if (shared === undefined) this.#owned = this.#example;
  }

  /** What is kept; see {@linkcode KeptExample.get}. */
  async get(options: KeepOptions): Promise<KeptQuery> {
    const edit = await this.#example.get(options);
    if (this.#kept?.edit === edit) return this.#kept;
    this.#free();
    const { pipeline, latents, query: original } = this.#encoded;
    const query = await keepQuery(pipeline, edit, latents[2], options.signal);
    return this.#kept = { pipeline, edit, query, original, latents };
  }

  /** The same beside an example that changes nothing, without words of an edit. */
  async unedited(options: KeepOptions): Promise<KeptQuery> {
    const { latents: [before, , query] } = this.#encoded;
    this.#unedited ??= new KeptOnce(
      { ...this.#encoded, latents: [before, before, query] },
      await this.#example.unedited(),
    );
    return await this.#unedited.get(options);
  }

  /** Frees it. */
  [Symbol.dispose](): void {
    this.#unedited?.[Symbol.dispose]();
    this.#unedited = undefined;
    this.#free();
    this.#owned?.[Symbol.dispose]();
  }

  #free(): void {
    this.#kept?.query[Symbol.dispose]();
    this.#kept = undefined;
  }
}
