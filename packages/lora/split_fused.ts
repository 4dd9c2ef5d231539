import { block, isZero } from "./_matrix.ts";
import type { FoundModule } from "./key_map.ts";
import type { LoraPair } from "./lora_file.ts";

/**
 * Rows of B that belong to each layer of a module: `in` for each of q, k and v
 * and the rest for the MLP, or equal parts. Undefined if that is impossible.
 */
export function splitWidths(
  layers: readonly string[],
  { rows, into }: { rows: number; into: number },
): readonly number[] | undefined {
  if (layers.at(-1)!.endsWith(".proj_mlp")) {
    const mlp = rows - 3 * into;
    return mlp > 0 ? [into, into, into, mlp] : undefined;
  }
  if (rows % layers.length !== 0) return undefined;
  return layers.map(() => rows / layers.length);
}

/**
 * Splits the update of a module into those of its layers.
 *
 * Each layer gets A and its rows of B. Where B has a block of columns of its own
 * for each layer and zeros elsewhere, the layers were trained apart and were
 * put together for the file: then each gets its part of A too, without ranks
 * that are all zero, and layers left with no rank are left out.
 */
export function splitFused(
  pair: LoraPair,
  { found: { layers, halvesSwapped }, widths }: {
    found: FoundModule;
    widths: readonly number[];
  },
): [layer: string, pair: LoraPair][] {
  if (halvesSwapped) return [[layers[0]!, swapHalves(pair)]];
  if (layers.length === 1) return [[layers[0]!, pair]];
  const starts = widths.map((_, i) => sum(widths.slice(0, i)));
  const sparse = isBlockSparse(pair, widths);
  const rank = sparse ? pair.A.shape[0] / layers.length : pair.A.shape[0];
  const parts = layers.map((layer, i) => {
    const rows = [starts[i]!, starts[i]! + widths[i]!] as const;
    const first = sparse ? i * rank : 0;
    return { layer, rows, first, kept: rank };
  });
  for (const part of sparse ? parts : []) {
    while (
      part.kept > 0 &&
      isZeroRank(pair, { ...part, rank: part.first + part.kept - 1 })
    ) part.kept--;
  }
  const some = parts.filter(({ kept }) => kept > 0);
  return (some.length > 0 ? some : parts.map((p) => ({ ...p, kept: rank })))
    .map(({ layer, rows, first, kept }) => {
      const ranks = [first, first + kept] as const;
      return [layer, {
        A: sparse ? block(pair.A, ranks) : pair.A,
        B: block(pair.B, rows, ranks),
        alpha: pair.alpha * kept / pair.A.shape[0],
        scaling: pair.scaling,
      }];
    });
}

/** Whether each layer has columns of B of its own, as diffusers tests it. */
export function isBlockSparse(
  { A, B }: Pick<LoraPair, "A" | "B">,
  widths: readonly number[],
): boolean {
  const n = widths.length;
  const rank = A.shape[0] / n;
  if (!Number.isInteger(rank)) return false;
  let row = 0;
  for (const [j, width] of widths.entries()) {
    for (let k = 0; k < n; k++) {
      const columns = [k * rank, (k + 1) * rank] as const;
      if (j !== k && !isZero(B, [row, row + width], columns)) return false;
    }
    row += width;
  }
  return true;
}

/** Exchanges the halves of the output. */
export function swapHalves(pair: LoraPair): LoraPair {
  const { dtype, shape, data } = pair.B;
  const half = data.length / 2;
  const swapped = data.slice();
  swapped.set(data.subarray(half), 0);
  swapped.set(data.subarray(0, half), half);
  return { ...pair, B: { dtype, shape, data: swapped } };
}

/** Whether a rank does nothing for a layer, and was not trained for it. */
function isZeroRank(
  { A, B }: LoraPair,
  { rows, rank }: { rows: readonly [number, number]; rank: number },
): boolean {
  return isZero(A, [rank, rank + 1]) && isZero(B, rows, [rank, rank + 1]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
