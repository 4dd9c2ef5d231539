import { fillTemplate } from "@edit-transfer/composite";
import { fitSquare, type Image } from "@edit-transfer/image";
import { encodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** What to transfer to what. */
export interface EditInputs {
  /** Example before its edit. */
  before: Image;
  /** Example after its edit. */
  after: Image;
  /** Picture to edit in the same way. */
  query: Image;
  /** Words of the edit, which fill the caption template of the pipeline. */
  edit?: string | undefined;
  /**
   * Caption of the whole composite, instead of the filled template.
   *
   * @default {""}, if there is no `edit` either
   */
  prompt?: string | undefined;
  /**
   * Side of a panel in pixels, a multiple of the pipeline's `tokenSize`.
   *
   * @default {the pipeline's `panelSize`}
   */
  panelSize?: number | undefined;
  /**
   * How a picture that is not square becomes a panel.
   *
   * @default {"crop"}
   */
  fit?: "crop" | "pad" | undefined;
}

/** Everything about an edit that does not depend on the seed. */
export interface PreparedEdit extends Disposable {
  /** Model it was prepared with. */
  readonly pipeline: Pipeline;
  /** Caption in full. */
  readonly prompt: string;
  /** The caption, encoded. */
  readonly text: TextConditioning;
  /** Side of a panel in pixels, `P`. */
  readonly panelSize: number;
  /** Before, after and query as panels, `P × P`. */
  readonly panels: readonly [before: Image, after: Image, query: Image];
  /** Their latents, each `[c, h, w]`. */
  readonly latents: readonly [Float32Array, Float32Array, Float32Array];
  /** Extents `[c, h, w]` of the latents of one panel. */
  readonly latentShape: readonly [c: number, h: number, w: number];
  /** What a user should know, e.g. that the prompt was cut. */
  readonly notices: readonly string[];
  /** Milliseconds that the text and the panels took, with loading. */
  readonly timings: { readonly text: number; readonly encode: number };
}

/**
 * Encodes the text and the three given panels, each alone, for {@linkcode edit}.
 *
 * Source: `prepare_latents` in CUC-MIPG/Edit-Transfer@c44a846,
 * `toolkit/pipeline_flux_inpaint.py`, with the mode of the posterior.
 *
 * @param pipeline Model to edit with.
 * @param inputs See {@linkcode EditInputs}.
 * @returns The prepared edit, owned by the caller.
 *
 * @throws {RangeError} If the panel size is not a multiple of a token's side.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const device = await openDevice("cpu", { threads: 1 });
 * const grey = { width: 9, height: 9, data: new Uint8Array(243).fill(128) };
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   using prepared = await prepareEdit(pipeline, {
 *     before: grey,
 *     after: grey,
 *     query: grey,
 *     edit: "smiling",
 *   });
 *   assert.deepEqual(prepared.latentShape, [16, 8, 8]);
 * }
 * device.destroy();
 * ```
 */
export async function prepareEdit(
  pipeline: Pipeline,
  inputs: EditInputs,
): Promise<PreparedEdit> {
  const { panelSize = pipeline.panelSize, fit = "crop", edit } = inputs;
  checkMultiple(panelSize, pipeline.tokenSize);
  const prompt = inputs.prompt ??
    (edit === undefined ? "" : fillTemplate(pipeline.template, edit));
  const square = (image: Image) => fitSquare(image, panelSize, { fit });
  const panels = [
    await square(inputs.before),
    await square(inputs.after),
    await square(inputs.query),
  ] as const;

  const start = performance.now();
  const text = await pipeline.encodeText(prompt);
  const textDone = performance.now();
  try {
    const vae = await pipeline.vae();
    const latents = [
      await encodePanel(vae, panels[0], pipeline.device),
      await encodePanel(vae, panels[1], pipeline.device),
      await encodePanel(vae, panels[2], pipeline.device),
    ] as const;
    const { latentChannels, downscale } = vae.config;
    const side = panelSize / downscale;
    return {
      pipeline,
      prompt,
      text,
      panelSize,
      panels,
      latents,
      latentShape: [latentChannels, side, side],
      notices: text.notices,
      timings: {
        text: textDone - start,
        encode: performance.now() - textDone,
      },
      [Symbol.dispose]: () => text[Symbol.dispose](),
    };
  } catch (error) {
    text[Symbol.dispose]();
    throw error;
  }
}

/** Refuses a size that does not divide into tokens. */
export function checkMultiple(size: number, tokenSize: number): void {
  if (Number.isInteger(size) && size > 0 && size % tokenSize === 0) return;
  throw new RangeError(
    `Cannot divide a picture into tokens as its sides must be multiples of ${tokenSize} pixels: got ${size}`,
  );
}
