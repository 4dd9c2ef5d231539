import type { Image } from "@edit-transfer/image";
import type { Pipeline } from "./pipeline.ts";
import type { PreparedEdit } from "./prepared_edit.ts";
import { type ExampleInputs, prepareExample } from "./prepare_example.ts";

/** What to transfer to what. */
export interface EditInputs extends ExampleInputs {
  /** Picture to edit in the same way. */
  readonly query: Image;
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
 *   assert.equal(image.width, 9); // as the query
 * }
 * ```
 */
export async function prepareEdit(
  pipeline: Pipeline,
  inputs: EditInputs,
): Promise<PreparedEdit> {
  const { query, ...shown } = inputs;
  const example = await prepareExample(pipeline, shown);
  try {
    const prepared = await example.prepare(query);
    return {
      ...prepared,
      [Symbol.dispose]() {
        prepared[Symbol.dispose]();
        example[Symbol.dispose]();
      },
    };
  } catch (error) {
    example[Symbol.dispose]();
    throw error;
  }
}
