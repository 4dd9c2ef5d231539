import { tileQuad } from "@edit-transfer/composite";
import type { FigureCase } from "@edit-transfer/figures";
import { encodePanel, type Pipeline } from "@edit-transfer/pipeline";
import type { Tensor } from "@edit-transfer/tensor";
import type { HostTensor } from "@edit-transfer/dataset";
import type { LoraTask } from "@edit-transfer/training";
import { caseOf } from "@edit-transfer/evaluate";

/** Encodes composites and captions, each once, and keeps them in memory. */
export class Encoder {
  readonly #pipeline: Pipeline;
  readonly #latents = new Map<FigureCase, HostTensor>();
  readonly #text = new Map<string, LoraTask["text"]>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** Latents of the four panels, each encoded alone, `[c, 2h, 2w]`. */
  async latents(drawn: FigureCase): Promise<HostTensor> {
    const known = this.#latents.get(drawn);
    if (known !== undefined) return known;
    const vae = await this.#pipeline.vae();
    const { latentChannels: c, downscale } = vae.config;
    const { before, after, query, answer } = await caseOf(drawn);
    const encode = (panel: typeof query) =>
      encodePanel(vae, panel, this.#pipeline.device);
    const side = query.width / downscale;
    const quad = tileQuad([
      await encode(before),
      await encode(after),
      await encode(query),
      await encode(answer),
    ], [c, side, side]); // [c, 2h, 2w]
    const made = {
      shape: [c, 2 * side, 2 * side],
      data: Float32Array.from(quad),
    };
    this.#latents.set(drawn, made);
    return made;
  }

  /** A caption's pooled vector `[C]` and states `[T, C]`. */
  async text(caption: string): Promise<LoraTask["text"]> {
    const known = this.#text.get(caption);
    if (known !== undefined) return known;
    using text = await this.#pipeline.encodeText(caption);
    const made = {
      pooled: await download(text.pooled),
      states: await download(text.states),
    };
    this.#text.set(caption, made);
    return made;
  }
}

/** The only item of a batch. */
async function download(tensor: Tensor): Promise<HostTensor> {
  return {
    shape: tensor.shape.slice(1),
    data: Float32Array.from(await tensor.data()),
  };
}
