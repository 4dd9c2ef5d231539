/** Neighbours that share a scale and an offset. */
const COUNT = 32;
/** Ranges that are tried: so many steps more than the codes have. */
const MORE_STEPS = [-1.5, -1.25, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5];

/** Codes `q` of 0 to `most` stand for `scale · q + offset`. */
export interface Range {
  readonly scale: number;
  readonly offset: number;
}

/**
 * Scale and offset with which the codes 0 to `most` come near 32 values.
 *
 * Values are rounded to codes on grids from the smallest value on, somewhat
 * finer and coarser than `(max - min) / most`; of each, scale and offset are
 * fitted by least squares, and the best is taken.
 *
 * Source: the idea of `make_qkx2_quants` in ggml-org/ggml@v0.9.4,
 * `src/ggml-quants.c`, without weights and with fewer grids.
 *
 * @param values Values, of which those from `at` on are fitted.
 * @param at Where they begin.
 * @param most Largest code.
 * @param fitsZero Whether 0 is within the range, so that the offset is 0 or less.
 */
export function fitRange(
  values: Float32Array,
  at: number,
  most: number,
  fitsZero: boolean,
): Range {
  let low = fitsZero ? 0 : values[at]!;
  let high = fitsZero ? 0 : values[at]!;
  let sum = 0;
  for (let i = 0; i < COUNT; i++) {
    const x = values[at + i]!;
    low = Math.min(low, x); // NaN if one is
    high = Math.max(high, x);
    sum += x;
  }
  let scale = (high - low) / most;
  let offset = low;
  if (!(scale > 0 && scale < Infinity)) return { scale, offset };
  let gain = -Infinity; // what the fit takes from the sum of squares
  for (const more of MORE_STEPS) {
    const steps = (most + more) / (high - low);
    const half = 0.5 - low * steps;
    let codes = 0;
    let squares = 0;
    let products = 0;
    for (let i = 0; i < COUNT; i++) {
      const x = values[at + i]!;
      let q = (x * steps + half) | 0;
      if (q > most) q = most;
      codes += q;
      squares += Math.imul(q, q);
      products += q * x;
    }
    const spread = COUNT * squares - codes * codes;
    if (spread === 0) continue;
    let d = (COUNT * products - codes * sum) / spread;
    let m = (squares * sum - codes * products) / spread;
    if (fitsZero && m > 0) {
      d = products / squares;
      m = 0;
    }
    const found = d * (2 * products - d * squares - 2 * m * codes) +
      m * (2 * sum - COUNT * m);
    if (found > gain) [gain, scale, offset] = [found, d, m];
  }
  return { scale, offset };
}
