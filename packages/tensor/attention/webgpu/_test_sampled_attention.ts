import type { AttentionCase, AttentionShape } from "../_test_attention.ts";

/** What the kernels wrote. */
export type AttentionResults = Record<
  "y" | "logSumExp" | "dq" | "dk" | "dv",
  ArrayLike<number>
>;

/**
 * Some rows of attention and of its gradient in float64, beside those of the
 * kernels, at sizes of which all would take hours. Rows of dk and dv are
 * summed over all queries, whose log-sum-exp and result are the kernel's.
 */
export function sampledAttention(
  { values: { q, k, v, dy }, scale }: AttentionCase,
  { heads, Lq, Lk, D }: AttentionShape,
  found: AttentionResults,
): Record<keyof AttentionResults, { actual: number[]; expected: number[] }> {
  const samples = (n: number) => [...new Set([0, n >> 1, n - 1])];
  const dot = (
    a: ArrayLike<number>,
    ai: number,
    b: ArrayLike<number>,
    bi: number,
  ) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += a[ai * D + d]! * b[bi * D + d]!;
    return sum;
  };
  const result = () => ({
    actual: [] as number[],
    expected: [] as number[],
  });
  const all = {
    y: result(),
    logSumExp: result(),
    dq: result(),
    dk: result(),
    dv: result(),
  };
  const push = (name: keyof typeof all, row: number, values: Float64Array) => {
    const width = values.length;
    const actual = Array.prototype.slice.call(
      found[name],
      row * width,
      (row + 1) * width,
    );
    all[name].actual.push(...actual);
    all[name].expected.push(...values);
  };
  for (const head of samples(heads)) {
    for (const query of samples(Lq)) {
      const i = head * Lq + query;
      const y = new Float64Array(D);
      const dq = new Float64Array(D);
      const scores = Float64Array.from(
        { length: Lk },
        (_, key) => scale * dot(q, i, k, head * Lk + key),
      );
      const top = scores.reduce((a, b) => Math.max(a, b));
      const total = scores.reduce((sum, s) => sum + Math.exp(s - top), 0);
      const logSumExp = top + Math.log(total);
      const p = scores.map((s) => Math.exp(s - logSumExp));
      for (let key = 0; key < Lk; key++) {
        const j = head * Lk + key;
        for (let d = 0; d < D; d++) y[d]! += p[key]! * v[j * D + d]!;
      }
      const delta = y.reduce((sum, x, d) => sum + x * dy[i * D + d]!, 0);
      for (let key = 0; key < Lk; key++) {
        const j = head * Lk + key;
        const ds = scale * p[key]! * (dot(dy, i, v, j) - delta);
        for (let d = 0; d < D; d++) dq[d]! += ds * k[j * D + d]!;
      }
      push("y", i, y);
      push("logSumExp", i, Float64Array.of(logSumExp));
      push("dq", i, dq);
    }
    for (const key of samples(Lk)) {
      const j = head * Lk + key;
      const dk = new Float64Array(D);
      const dv = new Float64Array(D);
      for (let i = head * Lq; i < (head + 1) * Lq; i++) {
        const p = Math.exp(scale * dot(q, i, k, j) - found.logSumExp[i]!);
        const ds = scale * p * (dot(dy, i, v, j) - dot(dy, i, found.y, i));
        for (let d = 0; d < D; d++) {
          dv[d]! += p * dy[i * D + d]!;
          dk[d]! += ds * q[i * D + d]!;
        }
      }
      push("dk", j, dk);
      push("dv", j, dv);
    }
  }
  return all;
}
