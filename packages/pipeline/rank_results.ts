import { type Rank, rankOutputs } from "@edit-transfer/metrics";
import { edit } from "./edit.ts";
import type { EncodedEdit } from "./encoded_edit.ts";
import type { EditResult } from "./edit_options.ts";

/** Seed of the noise in which all outputs are judged. */
const SEED = 1;

/**
 * Ranks results of one edit without an answer. For each, the model transfers the
 * change from query to output, as an example with the same caption, to `before`,
 * in one step; the nearer that comes to `after`, the better, see
 * {@linkcode rankOutputs}.
 *
 * @param encoded The edit; it stays the caller's.
 * @param results Its results, one a seed.
 * @param signal Stops before the next result.
 * @returns A rank for each result, in their order.
 *
 * @throws {RangeError} If there are no results.
 */
export async function rankResults(
  encoded: EncodedEdit,
  results: readonly Pick<EditResult, "latents">[],
  signal?: AbortSignal,
): Promise<Rank[]> {
  const { pipeline, text, layout, latents: [before, after, query] } = encoded;
  const outputs = results.map(({ latents }) => latents);
  const returns: Float32Array[] = [];
  for (const output of outputs) {
    const judged = {
      pipeline,
      text,
      layout,
      latents: [query, output, before] as const,
    };
    const { latents } = await edit(judged, {
      seed: SEED,
      steps: 1,
      conditions: "joint",
      signal,
    });
    returns.push(latents);
  }
  const shape = layout.answerShape;
  return rankOutputs({ before, after, query, outputs, returns, shape });
}
