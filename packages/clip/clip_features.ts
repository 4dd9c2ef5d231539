import { type Image, resizeBicubic } from "@edit-transfer/image";
import { type Device, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { loadTokenizer, type Tokenizer } from "@edit-transfer/text";
import { widen } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import type { ClipFolder } from "./clip_folder.ts";
import { clipPixels } from "./preprocessing.ts";
import { type ClipTower, loadTextTower, loadVisionTower } from "./towers.ts";

/** Features of a picture, of a pair, or of a text, `[P]`, not normalised. */
export type Features = Float32Array;

/**
 * Features of pictures, pairs and texts, each computed once: what was encoded is
 * known by its content, so that all metrics of a run share one pass.
 *
 * A tower is loaded when it is first asked for.
 */
export class ClipFeatures implements Disposable {
  readonly #folder: ClipFolder;
  readonly #device: Device;
  readonly #known = new Map<string, Promise<Features>>();
  readonly #owned = new DisposableStack();
  #text: Promise<ClipTower<readonly (readonly number[])[]>> | undefined;
  #vision: Promise<ClipTower<Tensor>> | undefined;
  #tokenizer: Promise<Tokenizer> | undefined;
  #passes = 0;

  /**
   * Encodes with a model.
   *
   * @param folder The model, which stays the caller's.
   * @param device Where to encode.
   */
  constructor(folder: ClipFolder, device: Device) {
    this.#folder = folder;
    this.#device = device;
  }

  /** Number of inputs that went through a tower. */
  get passes(): number {
    return this.#passes;
  }

  /**
   * Scale of cosines in scores, `exp(logit_scale)`.
   *
   * @returns About 100 for CLIP as it was trained.
   */
  async logitScale(): Promise<number> {
    const { weights } = this.#folder;
    const { dtype } = weights.info("logit_scale");
    const [scale] = widen(await weights.read("logit_scale"), dtype);
    return Math.exp(scale!);
  }

  /**
   * Features of a picture, or of pictures one behind the other in the channels.
   *
   * @param pictures One, or those that the model takes together.
   * @param options Square in pixels that each is resized to before all else,
   * its ratio ignored.
   * @returns `[P]`.
   *
   * @throws {ShapeError} If the model takes another number of channels.
   */
  picture(
    pictures: readonly Image[],
    { side }: { readonly side: number },
  ): Promise<Features> {
    return this.#once(keyOf(pictures, side), async () => {
      const vision = await (this.#vision ??= this.#load(loadVisionTower));
      const { preprocessing } = this.#folder;
      const square = { width: side, height: side };
      const parts = pictures.map((one) =>
        clipPixels(resizeBicubic(one, square), preprocessing)
      );
      const { crop } = preprocessing;
      using pixels = Tensor.from(this.#device, interleaved(parts), {
        shape: [1, crop, crop, 3 * parts.length],
      });
      using features = vision.forward(pixels); // [1, P]
      return Float32Array.from(await features.data());
    });
  }

  /**
   * Reads the tokeniser, so that a folder without one is told before any work.
   *
   * @returns The tokeniser.
   *
   * @throws {FormatError} If a file is missing or does not parse.
   */
  readTokenizer(): Promise<Tokenizer> {
    const { processor } = this.#folder;
    return this.#tokenizer ??= loadTokenizer(processor, { kind: "clip" });
  }

  /**
   * Features of a text.
   *
   * @param words Any text.
   * @param options Whether its end may be cut where it is too long.
   * @returns `[P]`.
   *
   * @throws {RangeError} If it is too long and must not be cut.
   */
  text(
    words: string,
    { truncate }: { readonly truncate: boolean },
  ): Promise<Features> {
    return this.#once(`text ${truncate} ${words}`, async () => {
      const tokenizer = await this.readTokenizer();
      const { ids, tokenCount, truncated } = tokenizer.encode(words);
      if (truncated && !truncate) {
        throw new RangeError(
          `Cannot encode words as CLIP reads ${tokenizer.maxLength} tokens: got ${tokenCount}; ` +
            "describe the edit in fewer words",
        );
      }
      const text = await (this.#text ??= this.#load(loadTextTower));
      const used = Math.min(tokenCount, tokenizer.maxLength);
      using features = text.forward([ids.slice(0, used)]); // [1, P]
      return Float32Array.from(await features.data());
    });
  }

  /** What a key stands for, computed when it is first asked for. */
  #once(key: string, compute: () => Promise<Features>): Promise<Features> {
    let features = this.#known.get(key);
    if (features === undefined) {
      features = compute();
      this.#passes++;
      this.#known.set(key, features);
      features.catch(() => this.#known.delete(key)); // thrown to who asked
    }
    return features;
  }

  async #load<Tower extends Disposable>(
    load: (
      reader: ParameterReader,
      config: ClipFolder["config"],
    ) => Promise<Tower>,
  ): Promise<Tower> {
    const { weights, config } = this.#folder;
    const reader = new ParameterReader(this.#device, weights);
    return this.#owned.use(await load(reader, config));
  }

  /** Frees the towers. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/** Pixels of pictures of one size, channels of the first before the second's. */
function interleaved(
  parts: readonly Float32Array<ArrayBuffer>[],
): Float32Array<ArrayBuffer> {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const pixels = new Float32Array(first!.length * parts.length);
  const width = 3 * parts.length;
  for (const [p, part] of parts.entries()) {
    for (let i = 0; i < part.length; i += 3) {
      pixels.set(part.subarray(i, i + 3), i / 3 * width + 3 * p);
    }
  }
  return pixels;
}

/** Key of pictures by their content. */
function keyOf(pictures: readonly Image[], side: number): string {
  const hash = createHash("sha256").update(`${side}\n`);
  for (const { width, height, data } of pictures) {
    hash.update(`${width} x ${height}\n`).update(data);
  }
  return `picture ${hash.digest("hex")}`;
}
