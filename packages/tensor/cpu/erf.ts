/**
 * Error function, to about 1e-15: the Maclaurin series near 0, the continued
 * fraction of erfc elsewhere.
 *
 * Source: Abramowitz & Stegun 1964, 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
  let fraction = size;
  for (let n = 60; n > 0; n--) fraction = size + n / 2 / fraction;
  const erfc = Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
  return Math.sign(x) * (1 - erfc);
}
