import { block, isZero } from "./_matrix.ts";
import { updateRows } from "./forms/mod.ts";
import type { FoundModule } from "./key_map.ts";
import type { LayerUpdate, LowRankUpdate, Rows } from "./lora_file.ts";

/** MLP width over model width, in every FLUX. */
export const MLP_RATIO = 4;

/**
 * Rows of the output that belong to each layer of a module: `in` for each of q,
 * k and v and the rest for the MLP, or equal parts. Undefined if that is
 * impossible. A bias does not know `in`, so its MLP is as wide as in FLUX.
 */
export function splitWidths(
  layers: readonly string[],
  { rows, into }: { rows: number; into: number },
): readonly number[] | undefined {
  if (layers.at(-1)!.endsWith(".proj_mlp")) {
    const width = Number.isNaN(into) ? rows / (3 + MLP_RATIO) : into;
    const mlp = rows - 3 * width;
    return mlp > 0 && Number.isInteger(width)
      ? [width, width, width, mlp]
      : undefined;
  }
  if (rows % layers.length !== 0) return undefined;
  return layers.map(() => rows / layers.length);
}

/** Splits the update of a module into those of its layers. */
export function splitUpdate(
  update: LayerUpdate,
  { found: { layers, halvesSwapped }, widths }: {
    found: FoundModule;
    widths: readonly number[];
  },
): [layer: string, update: LayerUpdate][] {
  const [first] = layers as [string];
  if (halvesSwapped) return [[first, swapHalves(update, widths[0]!)]];
  const starts = widths.map((_, i) => sum(widths.slice(0, i)));
  const parts = layers.map((layer, i): [string, LayerUpdate] => {
    const rows: Rows = [[starts[i]!, starts[i]! + widths[i]!]];
    return [layer, withColumns(updateRows(update, rows), layers)];
  });
  return update.kind === "lowRank" && isBlockSparse(update, widths)
    ? ownRanks(update, { parts, widths })
    : parts;
}

/** Exchanges the halves of the output. */
export function swapHalves(update: LayerUpdate, rows: number): LayerUpdate {
  const half = rows / 2;
  return updateRows(update, [[half, rows], [0, half]]);
}

/** A magnitude of columns, which go through all layers of the module. */
function withColumns(
  update: LayerUpdate,
  layers: readonly string[],
): LayerUpdate {
  const { magnitude } = update;
  return magnitude?.axis === "in"
    ? { ...update, magnitude: { ...magnitude, layers } }
    : update;
}

/**
 * Where B has a block of columns of its own for each layer and zeros elsewhere,
 * the layers were trained apart and were put together for the file: then each
 * gets its part of A too, without ranks that are all zero, and layers left with
 * no rank are left out.
 */
function ownRanks(
  { A, B, alpha }: LowRankUpdate,
  { parts, widths }: {
    parts: readonly [layer: string, update: LayerUpdate][];
    widths: readonly number[];
  },
): [layer: string, update: LayerUpdate][] {
  const rank = A.shape[0] / parts.length;
  const starts = widths.map((_, i) => sum(widths.slice(0, i)));
  const kept = parts.map((_, i) => {
    const rows = [starts[i]!, starts[i]! + widths[i]!] as const;
    let kept = rank;
    while (
      kept > 0 && isZeroRank({ A, B }, { rows, rank: i * rank + kept - 1 })
    ) kept--;
    return kept;
  });
  const some = kept.some((ranks) => ranks > 0);
  return parts.flatMap(([layer, update], i) => {
    const ranks = some ? kept[i]! : rank;
    const bare = update.bias === undefined && update.magnitude === undefined;
    if (ranks === 0 && bare) return [];
    const columns = [i * rank, i * rank + Math.max(ranks, 1)] as const;
    const rows = [starts[i]!, starts[i]! + widths[i]!] as const;
    return [[layer, {
      ...update,
      A: block(A, columns),
      B: block(B, rows, columns),
      alpha: alpha * (columns[1] - columns[0]) / A.shape[0],
    } as LayerUpdate]];
  });
}

/** Whether each layer has columns of B of its own, as diffusers tests it. */
export function isBlockSparse(
  { A, B }: Pick<LowRankUpdate, "A" | "B">,
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

/** Whether a rank does nothing for a layer, and was not trained for it. */
function isZeroRank(
  { A, B }: Pick<LowRankUpdate, "A" | "B">,
  { rows, rank }: { rows: readonly [number, number]; rank: number },
): boolean {
  return isZero(A, [rank, rank + 1]) && isZero(B, rows, [rank, rank + 1]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
