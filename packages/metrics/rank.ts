/** Latents of an edit and of what was made of it, each `[c, h, w]`. */
export interface RankInputs {
  /** Example before its edit. */
  readonly before: ArrayLike<number>;
  /** Example after its edit. */
  readonly after: ArrayLike<number>;
  /** Query. */
  readonly query: ArrayLike<number>;
  /** Outputs, one a seed. */
  readonly outputs: readonly ArrayLike<number>[];
  /**
   * What the model makes of `before` when query and output are its example, for
   * each output.
   */
  readonly returns: readonly ArrayLike<number>[];
  /** Extents of all of them. */
  readonly shape: readonly [c: number, h: number, w: number];
}

/** How good an output seems without an answer. */
export interface Rank {
  /** Place among the outputs, from 1. */
  readonly place: number;
  /** Sum of standard scores of what follows; higher is better. */
  readonly score: number;
  /**
   * Share of the example's change that the output's change makes of `before`,
   * `1 − ‖return − after‖² / ‖before − after‖²`, places weighted by the change.
   */
  readonly agreement: number;
  /**
   * Negative root mean square of `output − query` where the mean of all outputs
   * hardly differs from the query: 0 is kept to the bit.
   */
  readonly keep: number;
}

/** Weight of what is kept beside the agreement. */
const KEEP = 0.25;
/** Change of a latent, as a root mean square over channels, that is hardly one. */
const HARDLY = 0.35;

/**
 * Ranks outputs of one edit without knowing the answer, by what the model itself
 * makes of them: whether the change from query to output, shown as an example,
 * does to `before` what made it `after`; and a little by how well they keep what
 * no seed changes.
 *
 * Chosen on drawn cases, see `bench/ranking.ts`.
 *
 * @param inputs See {@linkcode RankInputs}.
 * @returns A rank for each output, in their order.
 *
 * @throws {RangeError} If there are no outputs, or not as many returns.
 *
 * @example Usage
 * ```ts
 * import { rankOutputs } from "@edit-transfer/metrics";
 * import assert from "node:assert/strict";
 *
 * const ranks = rankOutputs({
 *   before: [0, 0],
 *   after: [1, 0],
 *   query: [0, 5],
 *   outputs: [[1, 5], [0, 5]],
 *   returns: [[1, 0], [0, 0]],
 *   shape: [1, 1, 2],
 * });
 * assert.deepEqual(ranks.map(({ place }) => place), [1, 2]);
 * ```
 */
export function rankOutputs(inputs: RankInputs): Rank[] {
  const { before, after, query, outputs, returns, shape } = inputs;
  if (outputs.length === 0 || outputs.length !== returns.length) {
    throw new RangeError(
      `Cannot rank outputs as each must have what it gives back: got ${outputs.length} outputs and ${returns.length} returns`,
    );
  }
  const weights = changeOf(before, after, shape);
  const due = distance(before, after, weights);
  const agreement = returns.map((made) =>
    1 - distance(made, after, weights) / (due || 1)
  );

  const mean = Float64Array.from(
    query,
    (_, k) => sum(outputs.map((output) => output[k]!)) / outputs.length,
  );
  const unchanged = changeOf(query, mean, shape)
    .map((change) => Number(change < HARDLY));
  const places = sum([...unchanged]);
  const keep = outputs.map((output) =>
    -Math.sqrt(distance(output, query, unchanged) / (places || 1))
  );

  const [a, k] = [standard(agreement), standard(keep)];
  const scores = a.map((x, i) => x + KEEP * k[i]!);
  return scores.map((score, i) => ({
    place: 1 +
      scores.filter((other, k) => other > score || (other === score && k < i))
        .length,
    score,
    agreement: agreement[i]!,
    keep: keep[i]!,
  }));
}

/** Root mean square over channels of the change of each value's place. */
function changeOf(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [c, h, w]: RankInputs["shape"],
): Float64Array {
  return Float64Array.from({ length: c * h * w }, (_, k) => {
    let squares = 0;
    for (let i = k % (h * w); i < c * h * w; i += h * w) {
      squares += (a[i]! - b[i]!) ** 2;
    }
    return Math.sqrt(squares / c);
  });
}

/** Weighted sum of squared differences. */
function distance(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  weights: ArrayLike<number>,
): number {
  let total = 0;
  for (let k = 0; k < a.length; k++) {
    total += weights[k]! * (a[k]! - b[k]!) ** 2;
  }
  return total;
}

/** Standard scores `(x − mean) / deviation`; 0 where nothing differs. */
function standard(values: readonly number[]): number[] {
  const mean = sum(values) / values.length;
  const deviation = Math.sqrt(
    sum(values.map((x) => (x - mean) ** 2)) / values.length,
  );
  return values.map((x) => deviation > 0 ? (x - mean) / deviation : 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0);
}
