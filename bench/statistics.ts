/** Mean of numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** Ranks from 0, equal values sharing theirs. */
export function ranks(values: readonly number[]): number[] {
  return values.map((x) => {
    const below = values.filter((y) => y < x).length;
    const equal = values.filter((y) => y === x).length;
    return below + (equal - 1) / 2;
  });
}

/** Pearson's correlation, of ranks Spearman's. */
export function correlation(
  a: readonly number[],
  b: readonly number[],
): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (
    x: readonly number[],
    y: readonly number[],
    mx: number,
    my: number,
  ) => x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return product(a, b, meanA, meanB) /
    Math.sqrt(product(a, a, meanA, meanA) * product(b, b, meanB, meanB));
}
