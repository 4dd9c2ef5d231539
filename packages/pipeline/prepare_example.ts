import { quadLayout, type TokenLayout } from "@edit-transfer/composite";
import {
  checkPair,
  type Fit,
  fitPicture,
  type Image,
  matchSize,
  type Size,
} from "@edit-transfer/image";
import { measureShift } from "@edit-transfer/metrics";
import { editSeeds } from "./edit.ts";
import type { Comparison } from "./encoded_edit.ts";
import { checkPicture } from "./check_picture.ts";
import { foreignNotices } from "./foreign_notices.ts";
import { KeptExample } from "./kept_example.ts";
import { KeptOnce } from "./kept_once.ts";
import { loraNotices } from "./lora_notices.ts";
import { decodePanel, encodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PreparedEdit } from "./prepare_edit.ts";
import { rankResults } from "./rank_results.ts";
import { sizeNotices } from "./size_notices.ts";
import type { TextConditioning } from "./text_conditioning.ts";

/** The edit that is to be transferred: an example pair, and words. */
export interface ExampleInputs {
  /** Example before its edit. */
  readonly before: Image;
  /** Example after its edit, of the same shape. */
  readonly after: Image;
  /** Words of the edit, which fill the caption template of the pipeline. */
  readonly edit?: string | undefined;
  /**
   * Caption of the whole composite, instead of the filled template.
   *
   * @default {""}, if there is no `edit` either
   */
  readonly prompt?: string | undefined;
  /**
   * Side of a square panel in pixels, a multiple of the pipeline's `tokenSize`;
   * others have its area.
   *
   * @default {the pipeline's `panelSize`}
   */
  readonly panelSize?: number | undefined;
  /**
   * Extents of a panel in pixels, multiples of the pipeline's `tokenSize`.
   *
   * @default {those that follow from `panelSize`, `fit` and the query}
   */
  readonly panel?: Size | undefined;
  /**
   * How pictures become panels: with `match` of the ratio of the query, else
   * squares; with `match` and `whole` the answer is given back at its size.
   *
   * @default {"match"}
   */
  readonly fit?: Fit | undefined;
}

/** An example that is encoded once, for any number of queries. */
export interface PreparedExample extends Disposable {
  /** Caption in full. */
  readonly prompt: string;
  /**
   * Encodes a query; the pair is encoded anew for one of another ratio only.
   *
   * @param query Picture to edit.
   * @returns The edit, owned by the caller; disposed before the example.
   *
   * @throws {RangeError} If the query is too long for panels that match it.
   */
  prepare(query: Image): Promise<PreparedEdit>;
}

/** The pair as panels of one shape, with its latents and what is kept of it. */
interface Pair {
  readonly panels: readonly [before: Image, after: Image];
  readonly latents: readonly [Float32Array, Float32Array];
  readonly layout: TokenLayout;
  readonly kept: KeptExample;
}

/**
 * Encodes the caption of an edit, for queries that get its example.
 *
 * @param pipeline Model to edit with.
 * @param inputs See {@linkcode ExampleInputs}.
 * @returns The example, owned by the caller.
 *
 * @throws {RangeError} If `panelSize` is not a multiple of the token size, if
 * before and after have different shapes, or if T5 cannot read the words of the
 * edit in the template.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import { loadPipeline, prepareExample } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   const [before, after] = [blankImage(64, 64), blankImage(64, 64)];
 *   using example = await prepareExample(pipeline, { before, after });
 *   for (const [width, height] of [[96, 64], [30, 90]] as const) {
 *     using edit = await example.prepare(blankImage(width, height));
 *     const { image } = await edit.run({ steps: 1 });
 *     assert.deepEqual([image.width, image.height], [width, height]);
 *   }
 * }
 * ```
 */
export async function prepareExample(
  pipeline: Pipeline,
  inputs: ExampleInputs,
): Promise<PreparedExample> {
  const { panelSize = pipeline.panelSize, fit = "match", edit: words } = inputs;
  for (const side of [panelSize, inputs.panel?.width, inputs.panel?.height]) {
    if (side !== undefined) checkMultiple(side, pipeline.tokenSize);
  }
  checkPicture("before", inputs.before);
  checkPicture("after", inputs.after);
  checkPair(["before", inputs.before], ["after", inputs.after]);
  const prompt = inputs.prompt ??
    (words === undefined ? "" : await pipeline.fillTemplate(words));

  const start = performance.now();
  const text = await pipeline.encodeText(prompt);
  let textMs: number | undefined = performance.now() - start;
  let wordless: TextConditioning | undefined;
  let encoding: Promise<TextConditioning> | undefined;
  const encodeWordless = async () =>
    wordless = await pipeline.encodeText(
      words === undefined ? "" : await pipeline.fillTemplate(""),
    );
  const shared = {
    pipeline,
    text,
    wordless: () => encoding ??= encodeWordless(),
  };
  const encode = async (panel: Image) =>
    await encodePanel(await pipeline.vae(), panel, pipeline.device);
  const pairs = new Map<string, Pair>();

  /** The pair for panels of a shape; what others keep is freed. */
  const pairFor = async (size: Size): Promise<Pair> => {
    const key = `${size.width}x${size.height}`;
    const found = pairs.get(key);
    for (const other of pairs.values()) {
      if (other !== found) other.kept[Symbol.dispose]();
    }
    if (found !== undefined) return found;
    const panels = [
      await fitPicture(inputs.before, size, fit),
      await fitPicture(inputs.after, size, fit),
    ] as const;
    const latents = [
      await encode(panels[0]),
      await encode(panels[1]),
    ] as const;
    const { latentChannels, downscale } = pipeline.folder.vae.config;
    const layout = quadLayout([
      latentChannels,
      size.height / downscale,
      size.width / downscale,
    ]);
    const kept = new KeptExample({ ...shared, latents, layout });
    const pair = { panels, latents, layout, kept };
    pairs.set(key, pair);
    return pair;
  };

  return {
    prompt,
    async prepare(query) {
      checkPicture("query", query);
      const { tokenSize: multiple } = pipeline;
      const size = inputs.panel ??
        (fit === "match"
          ? matchSize(query, { side: panelSize, multiple })
          : { width: panelSize, height: panelSize });
      const panel = await fitPicture(query, size, fit);
      const began = performance.now();
      const { panels, latents: [before, after], layout, kept: example } =
        await pairFor(size);
      const latents = [before, after, await encode(panel)] as const;
      const encodeMs = performance.now() - began;
      const ownTextMs = textMs ?? 0; // of the first query
      textMs = undefined;
      const compare = async () => ({
        query: panel,
        seen: await decodePanel(await pipeline.vae(), latents[2], {
          shape: layout.answerShape,
          device: pipeline.device,
        }),
        example: measureShift(panels[1], panels[0]),
      });
      let comparison: Promise<Comparison> | undefined;
      const encoded = {
        ...shared,
        latents,
        layout,
        query: isWhole(fit) ? query : undefined,
        comparison: () => comparison ??= compare(),
      };
      const kept = new KeptOnce(encoded, example);
      const runSeeds: PreparedEdit["runSeeds"] = (seeds, options) =>
        editSeeds(encoded, { ...options, seeds, kept });
      return {
        ...encoded,
        prompt,
        panelSize,
        panels: [...panels, panel],
        notices: [
          ...sameNotices(panels),
          ...foreignNotices(
            { before: inputs.before, after: inputs.after, query },
            pipeline.folder.settings,
          ),
          ...sizeNotices(
            "panel",
            [size.width, size.height],
            pipeline.folder.settings,
          ),
          ...loraNotices(pipeline.loras),
          ...text.notices,
          ...pipeline.device.notices ?? [],
        ],
        timings: { text: ownTextMs, encode: encodeMs },
        async run({ seed = 42, ...options } = {}) {
          const [result] = await runSeeds([seed], options);
          return result!;
        },
        runSeeds,
        async keep({ conditionSigma: sigma, signal } = {}) {
          return await example.get({ sigma, signal });
        },
        rank: (results, signal) => rankResults(encoded, results, signal),
        [Symbol.dispose]: () => kept[Symbol.dispose](),
      };
    },
    [Symbol.dispose]() {
      for (const { kept } of pairs.values()) kept[Symbol.dispose]();
      text[Symbol.dispose]();
      wordless?.[Symbol.dispose]();
    },
  };
}

/** Whether panels show a picture whole, so that it can be given back at its size. */
export function isWhole(fit: Fit): boolean {
  return fit === "match" || fit === "whole";
}

/** Refuses a size that does not divide into tokens. */
export function checkMultiple(size: number, tokenSize: number): void {
  if (Number.isInteger(size) && size > 0 && size % tokenSize === 0) return;
  throw new RangeError(
    `Cannot divide a picture into tokens as its sides must be multiples of ${tokenSize} pixels: got ${size}`,
  );
}

/** Says so where an example shows no edit. */
function sameNotices([before, after]: readonly [Image, Image]): string[] {
  const isSame = before.data.length === after.data.length &&
    before.data.every((level, i) => level === after.data[i]);
  return isSame
    ? ["Before and after are the same picture, which shows no edit"]
    : [];
}
