import { type Device, ParameterReader } from "@edit-transfer/tensor";
import {
  ClipTextEncoder,
  loadTokenizer,
  T5Encoder,
  type Tokenizer,
} from "@edit-transfer/text";
import type { WeightSource } from "@edit-transfer/weights";
import { join } from "node:path";
import { attachPart } from "./attach_part.ts";
import type { ModelFolder } from "./model_parts.ts";
import type { OpenedLora } from "./open_loras.ts";
import { cutNotices, fitCaption } from "./caption_fit.ts";
import { encoderIdentity } from "./encoder_identity.ts";
import { loraIdentity } from "./lora_identity.ts";
import { download, TextCache, upload } from "./text_cache.ts";
import { conditioning, type TextConditioning } from "./text_conditioning.ts";
import { type TextCacheOptions, TextFiles } from "./text_files.ts";

/** Both text encoders. */
interface Encoders extends Disposable {
  readonly clip: ClipTextEncoder;
  readonly t5: T5Encoder;
}

/** Their tokenisers. */
interface Tokenizers {
  readonly clip: Tokenizer;
  readonly t5: Tokenizer;
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
  readonly #loras: readonly OpenedLora[];
  readonly #kept: TextCacheOptions | undefined;
  #files: Promise<TextFiles | undefined> | undefined;
  #encoders: Encoders | undefined;
  #attached: Disposable[] = [];
  #tokenizers: Tokenizers | undefined;
  /** The prompt before, as they share encoders that are freed after each. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(
    folder: ModelFolder,
    options: {
      readonly device: Device;
      readonly keepTextEncoders: boolean;
      readonly textCache: TextCacheOptions | undefined;
      /** LoRAs, those that change the encoders among them. */
      readonly loras: readonly OpenedLora[];
      /** Called when the encoders are on the device, but for blocks of T5. */
      readonly onLoad: (streamedBytes: number) => void;
    },
  ) {
    this.#folder = folder;
    this.#device = options.device;
    this.#keep = options.keepTextEncoders;
    this.#kept = options.textCache;
    this.#loras = options.loras;
    this.#onLoad = options.onLoad;
  }

  /** Encodes one prompt, after those that were asked for before. */
  encode(
    prompt: string,
    { loras }: { readonly loras: boolean },
  ): Promise<TextConditioning> {
    checkPrompt(prompt);
    const text = this.#before.then(() =>
      this.#encode(prompt, loras ? this.#loras : [])
    );
    this.#before = text.catch(() => {}); // thrown to who asked for it
    return text;
  }

  /** Fills a caption template, unless T5 would not read the words. */
  async fillTemplate(template: string, edit: string): Promise<string> {
    const { t5 } = await this.#loadTokenizers();
    return fitCaption(t5, { template, edit });
  }

  async #encode(
    prompt: string,
    loras: readonly OpenedLora[],
  ): Promise<TextConditioning> {
    const files = await (this.#files ??= this.#openFiles());
    const key = { prompt, loras: loraIdentity(loras) };
    const known = this.#cache.get(key) ?? await files?.read(key);
    if (known !== undefined) {
      this.#cache.add(key, known);
      return upload(known, this.#device);
    }
    const tokenizers = await this.#loadTokenizers();
    const encoders = this.#encoders ??= await this.#load();
    await this.#attach(encoders, loras);
    this.#onLoad(encoders.t5.streamedBytes);
    const clipTokens = tokenizers.clip.encode(prompt);
    const t5Tokens = tokenizers.t5.encode(prompt);
    using stack = new DisposableStack();
    const { pooled, hidden } = encoders.clip.forward([clipTokens.ids]);
    stack.use(pooled); // [1, C]
    hidden.dispose();
    const states = stack.use(await encoders.t5.forward([t5Tokens.ids])); // [1, T, C]
    await this.#device.sync();
    if (!this.#keep) this[Symbol.dispose]();
    const notices = cutNotices([["CLIP", clipTokens], ["T5", t5Tokens]]);
    const text = conditioning(pooled, states, notices);
    const entry = await download(text);
    this.#cache.add(key, entry);
    await files?.write(key, entry);
    stack.move();
    return text;
  }

  /** Frees the encoders. */
  [Symbol.dispose](): void {
    this.#detach();
    this.#encoders?.[Symbol.dispose]();
    this.#encoders = undefined;
  }

  /** Has these LoRAs act on the encoders, and no others. */
  async #attach(
    encoders: Encoders,
    loras: readonly OpenedLora[],
  ): Promise<void> {
    this.#detach();
    const { clip, t5 } = this.#folder;
    const device = this.#device;
    for (const lora of loras) {
      this.#attached.push(
        await attachPart(encoders.clip.linears(), lora, {
          part: "text_encoder",
          weights: clip.weights,
          device,
        }),
        await attachPart(encoders.t5.linears(), lora, {
          part: "text_encoder_2",
          weights: t5.weights,
          device,
        }),
      );
    }
  }

  #detach(): void {
    for (const attached of this.#attached.splice(0)) {
      attached[Symbol.dispose]();
    }
  }

  /** The files of these encoders, if any are kept. */
  async #openFiles(): Promise<TextFiles | undefined> {
    if (this.#kept === undefined) return undefined;
    const { folder, leastBytes = 2 ** 28 } = this.#kept;
    if (bytesOf(this.#folder.t5.weights) < leastBytes) return undefined;
    const identity = await encoderIdentity(this.#folder, this.#device)
      .catch(() => undefined); // what is missing is told when it is loaded
    return identity === undefined ? undefined : new TextFiles(folder, identity);
  }

  async #loadTokenizers(): Promise<Tokenizers> {
    const { path } = this.#folder;
    return this.#tokenizers ??= {
      clip: await loadTokenizer(join(path, "tokenizer"), { kind: "clip" }),
      t5: await loadTokenizer(join(path, "tokenizer_2"), { kind: "t5" }),
    };
  }

  async #load(): Promise<Encoders> {
    const { clip, t5 } = this.#folder;
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
      [Symbol.dispose]: () => owned.dispose(),
    };
  }
}

/** Refuses what no record could hold, and what tokenisers would change. */
function checkPrompt(prompt: string): void {
  const at = prompt.isWellFormed() ? prompt.indexOf("\0") : 0;
  if (at < 0) return;
  throw new RangeError(
    `Cannot encode a prompt as it must be Unicode without NUL: got ${
      JSON.stringify(prompt.slice(at, at + 40))
    }`,
  );
}

/** Bytes of weights as they are stored. */
function bytesOf(weights: WeightSource): number {
  let bytes = 0;
  for (const name of weights.names()) {
    const { sizeBytes, stored } = weights.info(name);
    bytes += stored?.sizeBytes ?? sizeBytes;
  }
  return bytes;
}
