import type { Seed } from "@edit-transfer/flow";
import { type Fit, fitPicture, type Image } from "@edit-transfer/image";
import { answerOf } from "./answer_of.ts";
import { isWhole } from "./prepare_example.ts";
import { editKept, seedsAtOnce } from "./edit_kept.ts";
import type { EditResult, EditRunOptions } from "./edit_options.ts";
import { foreignNotices } from "./foreign_notices.ts";
import { keepQuery, type KeptEdit } from "./kept_edit.ts";
import { loraNotices } from "./lora_notices.ts";
import { encodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";

/** A query beside an edit that is kept: all that does not depend on the seed. */
export interface PreparedQuery extends Disposable {
  /** The query as a panel of the edit's shape. */
  readonly panel: Image;
  /** Facts that a user should know. */
  readonly notices: readonly string[];
  /** Milliseconds that the query took. */
  readonly timings: { readonly encode: number; readonly keep: number };
  /**
   * Runs the edit for some seeds.
   *
   * @param seeds Seeds of the noise.
   * @param options See {@linkcode EditRunOptions}.
   * @returns A result for each.
   *
   * @throws {RangeError} If a seed or the number of steps is out of range.
   */
  runSeeds(
    seeds: readonly Seed[],
    options?: EditRunOptions,
  ): Promise<EditResult[]>;
}

/**
 * Encodes a query for an edit that is kept; neither its example nor a text
 * encoder is needed.
 *
 * @param pipeline Model to edit with.
 * @param edit The edit, which stays the caller's.
 * @param query The picture, and how it becomes a panel of the edit's shape, by
 * default `"match"`: the whole picture, at whose size the answer is given back.
 * @returns The query, owned by the caller.
 *
 * @example Usage
 * ```ts
 * import { type KeptEdit, type Pipeline, prepareQuery } from "@edit-transfer/pipeline";
 * import { blankImage, type Image } from "@edit-transfer/image";
 *
 * async function apply(pipeline: Pipeline, edit: KeptEdit): Promise<Image> {
 *   using query = await prepareQuery(pipeline, edit, { image: blankImage(64, 64) });
 *   const [result] = await query.runSeeds([42]);
 *   return result!.image;
 * }
 * ```
 */
export async function prepareQuery(
  pipeline: Pipeline,
  edit: KeptEdit,
  query: {
    readonly image: Image;
    readonly fit?: Fit | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<PreparedQuery> {
  const { image, fit = "match", signal } = query;
  const { downscale } = pipeline.folder.vae.config;
  const [, h, w] = edit.layout.answerShape;
  const size = { width: w * downscale, height: h * downscale };
  const panel = await fitPicture(image, size, fit);
  const original = isWhole(fit) ? image : undefined;
  const start = performance.now();
  const vae = await pipeline.vae();
  const latents = await encodePanel(vae, panel, pipeline.device);
  const encoded = performance.now();
  const tokens = await keepQuery(pipeline, edit, latents, signal);
  const kept = {
    pipeline,
    edit,
    query: tokens,
    original,
    latents: [undefined, undefined, latents],
  };
  const count = seedsAtOnce(edit.layout, "kept");
  return {
    panel,
    notices: [
      ...foreignNotices({ query: image }, pipeline.folder.settings),
      ...loraNotices(pipeline.loras),
      ...pipeline.device.notices ?? [],
    ],
    timings: {
      encode: encoded - start,
      keep: performance.now() - encoded,
    },
    async runSeeds(seeds, options) {
      const results: EditResult[] = [];
      for (let i = 0; i < seeds.length; i += count) {
        const together = seeds.slice(i, i + count);
        const made = await editKept(kept, { ...options, seeds: together });
        for (const one of made) {
          const image = await answerOf(one.panel, original);
          results.push({ ...one, image });
        }
      }
      return results;
    },
    [Symbol.dispose]: () => tokens[Symbol.dispose](),
  };
}
