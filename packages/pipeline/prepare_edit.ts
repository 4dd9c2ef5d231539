import type { Seed } from "@edit-transfer/flow";
import { quadLayout } from "@edit-transfer/composite";
import { checkPair, fitSquare, type Image } from "@edit-transfer/image";
import { measureShift, type Rank } from "@edit-transfer/metrics";
import { editSeeds } from "./edit.ts";
import type { Comparison, EncodedEdit } from "./encoded_edit.ts";
import type { EditOptions, EditResult } from "./edit_options.ts";
import { foreignNotices } from "./foreign_notices.ts";
import type { KeptEdit } from "./kept_edit.ts";
import { KeptOnce } from "./kept_once.ts";
import { loraNotices } from "./lora_notices.ts";
import { decodePanel, encodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";
import { rankResults } from "./rank_results.ts";
import { sizeNotices } from "./size_notices.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** What to transfer to what. */
export interface EditInputs {
  /** Example before its edit. */
  readonly before: Image;
  /** Example after its edit, of the same shape. */
  readonly after: Image;
  /** Picture to edit in the same way. */
  readonly query: Image;
  /** Words of the edit, which fill the caption template of the pipeline. */
  readonly edit?: string | undefined;
  /**
   * Caption of the whole composite, instead of the filled template.
   *
   * @default {""}, if there is no `edit` either
   */
  readonly prompt?: string | undefined;
  /**
   * Side of a panel in pixels, a multiple of the pipeline's `tokenSize`.
   *
   * @default {the pipeline's `panelSize`}
   */
  readonly panelSize?: number | undefined;
  /**
   * How a picture that is not square becomes a panel.
   *
   * @default {"crop"}
   */
  readonly fit?: "crop" | "pad" | undefined;
}

/** Everything about an edit that does not depend on the seed. */
export interface PreparedEdit extends EncodedEdit, Disposable {
  /** Caption in full. */
  readonly prompt: string;
  /** Side of a panel in pixels, `P`. */
  readonly panelSize: number;
  /** Before, after and query as panels, `P × P`. */
  readonly panels: readonly [before: Image, after: Image, query: Image];
  /** Facts that a user should know, e.g. that the prompt was cut. */
  readonly notices: readonly string[];
  /** Milliseconds that the text and the panels took, with loading. */
  readonly timings: { readonly text: number; readonly encode: number };
  /**
   * Runs the edit for one seed.
   *
   * @param options See {@linkcode EditOptions}.
   * @returns The result.
   *
   * @throws {RangeError} If the seed or the number of steps is out of range.
   */
  run(options?: EditOptions): Promise<EditResult>;
  /**
   * Runs the edit for some seeds; under kept conditions they share what is kept,
   * and some are made together, see {@linkcode seedsAtOnce}.
   *
   * @param seeds Seeds of the noise, integers >= 0.
   * @param options See {@linkcode EditOptions}.
   * @returns A result for each.
   *
   * @throws {RangeError} If a seed or the number of steps is out of range.
   */
  runSeeds(
    seeds: readonly Seed[],
    options?: Omit<EditOptions, "seed">,
  ): Promise<EditResult[]>;
  /**
   * Text and example, computed once, as {@linkcode writeEditFile} takes them.
   *
   * @param options Noise level that they are told; a signal that stops before
   * the next block.
   * @returns What is kept; it stays the edit's.
   */
  keep(
    options?: Pick<EditOptions, "conditionSigma" | "signal">,
  ): Promise<KeptEdit>;
  /**
   * Ranks results of several seeds without an answer, in a step each.
   *
   * @param results What `run` gave.
   * @param signal Stops before the next result.
   * @returns A rank for each result, in their order.
   *
   * @throws {RangeError} If there are no results.
   */
  rank(
    results: readonly Pick<EditResult, "latents">[],
    signal?: AbortSignal,
  ): Promise<Rank[]>;
}

/**
 * Encodes the text and the three given panels, each alone, for
 * runs with any seeds.
 *
 * Source: `prepare_latents` in CUC-MIPG/Edit-Transfer@c44a846,
 * `toolkit/pipeline_flux_inpaint.py`, with the mode of the posterior.
 *
 * @param pipeline Model to edit with.
 * @param inputs See {@linkcode EditInputs}.
 * @returns The prepared edit, owned by the caller.
 *
 * @throws {RangeError} If the panel size is not a multiple of a token's side,
 * before and after have different shapes, or if T5 cannot read the words of the edit in the template.
 *
 * @example Usage
 * ```ts
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline, prepareEdit } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * const grey = { width: 9, height: 9, data: new Uint8Array(243).fill(128) };
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   using prepared = await prepareEdit(pipeline, {
 *     before: grey,
 *     after: grey,
 *     query: grey,
 *     edit: "smiling",
 *   });
 *   const { image } = await prepared.run({ seed: 1, steps: 1 });
 *   assert.equal(image.width, 64);
 * }
 * ```
 */
export async function prepareEdit(
  pipeline: Pipeline,
  inputs: EditInputs,
): Promise<PreparedEdit> {
  const { panelSize = pipeline.panelSize, fit = "crop", edit: words } = inputs;
  checkMultiple(panelSize, pipeline.tokenSize);
  checkPair(["before", inputs.before], ["after", inputs.after]);
  const prompt = inputs.prompt ??
    (words === undefined ? "" : await pipeline.fillTemplate(words));
  const square = (image: Image) => fitSquare(image, panelSize, { fit });
  const panels = [
    await square(inputs.before),
    await square(inputs.after),
    await square(inputs.query),
  ] as const;

  const start = performance.now();
  const text = await pipeline.encodeText(prompt);
  const textDone = performance.now();
  let wordless: TextConditioning | undefined;
  let encoding: Promise<TextConditioning> | undefined;
  const encodeWordless = async () =>
    wordless = await pipeline.encodeText(
      words === undefined ? "" : await pipeline.fillTemplate(""),
    );
  try {
    const vae = await pipeline.vae();
    const latents = [
      await encodePanel(vae, panels[0], pipeline.device),
      await encodePanel(vae, panels[1], pipeline.device),
      await encodePanel(vae, panels[2], pipeline.device),
    ] as const;
    const { latentChannels, downscale } = vae.config;
    const side = panelSize / downscale;
    const layout = quadLayout([latentChannels, side, side]);
    const compare = async () => ({
      query: panels[2],
      seen: await decodePanel(await pipeline.vae(), latents[2], {
        shape: layout.answerShape,
        device: pipeline.device,
      }),
      example: measureShift(panels[1], panels[0]),
    });
    let comparison: Promise<Comparison> | undefined;
    const encoded = {
      pipeline,
      text,
      latents,
      layout,
      wordless: () => encoding ??= encodeWordless(),
      comparison: () => comparison ??= compare(),
    };
    const kept = new KeptOnce(encoded);
    const runSeeds: PreparedEdit["runSeeds"] = (seeds, options) =>
      editSeeds(encoded, { ...options, seeds, kept });
    return {
      ...encoded,
      prompt,
      panelSize,
      panels,
      notices: [
        ...foreignNotices(
          {
            before: inputs.before,
            after: inputs.after,
            query: inputs.query,
          },
          pipeline.folder.settings,
        ),
        ...sizeNotices(
          "panel",
          [panelSize, panelSize],
          pipeline.folder.settings,
        ),
        ...loraNotices(pipeline.loras),
        ...text.notices,
        ...pipeline.device.notices ?? [],
      ],
      timings: {
        text: textDone - start,
        encode: performance.now() - textDone,
      },
      async run({ seed = 42, ...options } = {}) {
        const [result] = await runSeeds([seed], options);
        return result!;
      },
      runSeeds,
      async keep({ conditionSigma: sigma, signal } = {}) {
        const { edit } = await kept.get({ sigma, signal });
        return edit;
      },
      rank: (results, signal) => rankResults(encoded, results, signal),
      [Symbol.dispose]() {
        kept[Symbol.dispose]();
        text[Symbol.dispose]();
        wordless?.[Symbol.dispose]();
      },
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
