/**
 * Share of resamples to leave out on each side, so that a percentile interval of
 * 95 % is as wide as one of Student's t: `Φ(−√(n/(n−1)) · t₉₇.₅(n−1))`, 0.025 in
 * the limit. Few units would give too narrow an interval otherwise.
 *
 * Source: Hesterberg, "What teachers should know about the bootstrap", 2015, 3.2.
 *
 * @param count Number of units that are drawn.
 * @returns The share; NaN of fewer than two units, which tell no spread.
 */
export function expandedTail(count: number): number {
  if (count < 2) return NaN;
  return below(-Math.sqrt(count / (count - 1)) * studentQuantile(count - 1));
}

/** Share of a normal distribution below a number, right to 1e-15. */
function below(x: number): number {
  if (x < -8) return 0;
  let [sum, term] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-17; k += 2) {
    term *= x * x / k;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** 97.5 % of Student's distribution lie below this number. */
function studentQuantile(freedom: number): number {
  let [low, high] = [0, Math.PI / 2]; // of the angle atan(t / √freedom)
  for (let step = 0; step < 60; step++) {
    const angle = (low + high) / 2;
    if (withinAngle(angle, freedom) < 0.95) low = angle;
    else high = angle;
  }
  return Math.sqrt(freedom) * Math.tan((low + high) / 2);
}

/** `P(|t| < √freedom · tan(angle))`. Source: Abramowitz & Stegun, 26.7.3–4. */
function withinAngle(angle: number, freedom: number): number {
  const isOdd = freedom % 2 === 1;
  const square = Math.cos(angle) ** 2;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < freedom; k += 2) {
    term *= square * (k - 1) / k;
    sum += term;
  }
  const series = Math.sin(angle) * sum;
  return isOdd ? 2 / Math.PI * (angle + series) : series;
}
