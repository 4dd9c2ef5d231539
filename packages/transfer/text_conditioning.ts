import {
  type Device,
  ParameterReader,
  type Tensor,
} from "@edit-transfer/tensor";
import {
  ClipTextEncoder,
  loadTokenizer,
  T5Encoder,
  type Tokenizer,
} from "@edit-transfer/text";
import { join } from "node:path";
import type { ModelFolder } from "./model_folder.ts";
import { conditioning, TextCache } from "./text_cache.ts";

/** What the transformer is told about a prompt. */
export interface TextConditioning extends Disposable {
  /** CLIP's vector, `[1, C]`. */
  readonly pooled: Tensor;
  /** T5's states, `[1, T, C]`. */
  readonly states: Tensor;
  /** What a user should know, e.g. that the prompt was cut. */
  readonly notices: readonly string[];
}

/** Both text encoders with their tokenisers. */
interface Encoders extends Disposable {
  readonly clip: ClipTextEncoder;
  readonly t5: T5Encoder;
  readonly clipTokenizer: Tokenizer;
  readonly t5Tokenizer: Tokenizer;
}

/**
 * Encodes prompts and remembers the last of them; holds the encoders for as
 * long as it is told to.
 */
export class TextStage implements Disposable {
  readonly #folder: ModelFolder;
  readonly #device: Device;
  readonly #keep: boolean;
  readonly #onLoad: (streamedBytes: number) => void;
  readonly #cache = new TextCache();
  #encoders: Encoders | undefined;

  constructor(
    folder: ModelFolder,
    options: {
      readonly device: Device;
      readonly keepTextEncoders: boolean;
      /** Called when the encoders are on the device, but for blocks of T5. */
      readonly onLoad: (streamedBytes: number) => void;
    },
  ) {
    this.#folder = folder;
    this.#device = options.device;
    this.#keep = options.keepTextEncoders;
    this.#onLoad = options.onLoad;
  }

  /** Encodes one prompt. */
  async encode(prompt: string): Promise<TextConditioning> {
    const known = this.#cache.upload(prompt, this.#device);
    if (known !== undefined) return known;
    const encoders = this.#encoders ??= await this.#load();
    this.#onLoad(encoders.t5.streamedBytes);
    const clipTokens = encoders.clipTokenizer.encode(prompt);
    const t5Tokens = encoders.t5Tokenizer.encode(prompt);
    const { pooled, hidden } = encoders.clip.forward([clipTokens.ids]);
    hidden.dispose();
    const states = await encoders.t5.forward([t5Tokens.ids]); // [1, T, C]
    await this.#device.sync();
    if (!this.#keep) this[Symbol.dispose]();
    const notices = t5Tokens.truncated
      ? [
        `The prompt was cut to the first ${encoders.t5Tokenizer.maxLength} of its ${t5Tokens.tokenCount} tokens`,
      ]
      : [];
    const text = conditioning(pooled, states, notices);
    await this.#cache.add(prompt, text);
    return text;
  }

  /** Frees the encoders. */
  [Symbol.dispose](): void {
    this.#encoders?.[Symbol.dispose]();
    this.#encoders = undefined;
  }

  async #load(): Promise<Encoders> {
    const { path, clip, t5 } = this.#folder;
    const clipTokenizer = await loadTokenizer(join(path, "tokenizer"), {
      kind: "clip",
    });
    const t5Tokenizer = await loadTokenizer(join(path, "tokenizer_2"), {
      kind: "t5",
    });
    using stack = new DisposableStack();
    const clipEncoder = stack.use(
      await ClipTextEncoder.load(
        new ParameterReader(this.#device, clip.weights),
        clip.config,
      ),
    );
    const t5Encoder = stack.use(
      await T5Encoder.load(
        new ParameterReader(this.#device, t5.weights),
        t5.config,
        { streamed: !this.#keep },
      ),
    );
    const owned = stack.move();
    return {
      clip: clipEncoder,
      t5: t5Encoder,
      clipTokenizer,
      t5Tokenizer,
      [Symbol.dispose]: () => owned.dispose(),
    };
  }
}
