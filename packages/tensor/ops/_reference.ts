/** Operations in plain loops and float64: what both backends are tested against. */

type Values = ArrayLike<number>;
type Shape = readonly number[];

/** `[batch, M, N]` from a `[batch, M, K]` and b `[batch, K, N]`, as stored. */
export function matmul(
  a: Values,
  b: Values,
  { batch = 1, M, N, K, transposeA = false, transposeB = false }: {
    readonly batch?: number | undefined;
    M: number;
    N: number;
    K: number;
    readonly transposeA?: boolean | undefined;
    readonly transposeB?: boolean | undefined;
  },
): Float64Array {
  const y = new Float64Array(batch * M * N);
  const [am, ak] = transposeA ? [1, M] : [K, 1];
  const [bk, bn] = transposeB ? [1, K] : [N, 1];
  const aBatch = a.length === M * K ? 0 : M * K;
  const bBatch = b.length === K * N ? 0 : K * N;
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < M; i++) {
      for (let j = 0; j < N; j++) {
        let sum = 0;
        let ai = n * aBatch + i * am;
        let bi = n * bBatch + j * bn;
        for (let k = 0; k < K; k++) {
          sum += a[ai]! * b[bi]!;
          ai += ak;
          bi += bk;
        }
        y[(n * M + i) * N + j] = sum;
      }
    }
  }
  return y;
}

/** `f` of each row of `D` elements. */
export function rows(
  x: Values,
  D: number,
  f: (row: number[]) => number[],
): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += D) {
    y.set(f(Array.from({ length: D }, (_, d) => x[i + d]!)), i);
  }
  return y;
}

const mean = (row: readonly number[]) =>
  row.reduce((sum, value) => sum + value, 0) / row.length;

/** Row minus its mean, over its standard deviation. */
export function normalize(row: readonly number[], eps: number): number[] {
  const centre = mean(row);
  const variance = mean(row.map((value) => (value - centre) ** 2));
  return row.map((value) => (value - centre) / Math.sqrt(variance + eps));
}

/** Row over its root mean square. */
export function rms(row: readonly number[], eps: number): number[] {
  const gain = 1 / Math.sqrt(mean(row.map((value) => value ** 2)) + eps);
  return row.map((value) => value * gain);
}

export function softmaxRow(row: readonly number[]): number[] {
  const max = row.reduce((a, b) => Math.max(a, b));
  const powers = row.map((value) => Math.exp(value - max));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** q `[B, H, Lq, D]`, k and v `[B, H, Lk, D]`, bias `[Bb, Hb, Lq, Lk]`. */
export function attention(
  { q, k, v, bias }: {
    q: Values;
    k: Values;
    v: Values;
    readonly bias?: Values | undefined;
  },
  { B, H, Lq, Lk, D, scale = 1 / Math.sqrt(D), biasShape = [1, 1] }: {
    B: number;
    H: number;
    Lq: number;
    Lk: number;
    D: number;
    readonly scale?: number | undefined;
    readonly biasShape?: Shape | undefined;
  },
): Float64Array {
  const y = new Float64Array(B * H * Lq * D);
  const [Bb, Hb] = biasShape as [number, number];
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const head = b * H + h;
      const biasHead = (Bb === 1 ? 0 : b) * Hb + (Hb === 1 ? 0 : h);
      for (let i = 0; i < Lq; i++) {
        const scores = Array.from({ length: Lk }, (_, j) => {
          let score = 0;
          for (let d = 0; d < D; d++) {
            score += q[(head * Lq + i) * D + d]! * k[(head * Lk + j) * D + d]!;
          }
          return score * scale +
            (bias === undefined ? 0 : bias[(biasHead * Lq + i) * Lk + j]!);
        });
        for (const [j, weight] of softmaxRow(scores).entries()) {
          for (let d = 0; d < D; d++) {
            y[(head * Lq + i) * D + d]! += weight * v[(head * Lk + j) * D + d]!;
          }
        }
      }
    }
  }
  return y;
}

/** Log-sum-exp of the scores `[heads, Lq]`, and gradients by those of the result. */
export function attentionGradient(
  { q, k, v, dy }: { q: Values; k: Values; v: Values; dy: Values },
  { heads, Lq, Lk, D, scale }: {
    heads: number;
    Lq: number;
    Lk: number;
    D: number;
    scale: number;
  },
): Record<"logSumExp" | "dq" | "dk" | "dv", Float64Array> {
  const logSumExp = new Float64Array(heads * Lq);
  const dq = new Float64Array(heads * Lq * D);
  const dk = new Float64Array(heads * Lk * D);
  const dv = new Float64Array(heads * Lk * D);
  const dot = (a: Values, ai: number, b: Values, bi: number) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += a[ai + d]! * b[bi + d]!;
    return sum;
  };
  for (let row = 0; row < heads * Lq; row++) {
    const keys = Array.from(
      { length: Lk },
      (_, j) => (Math.floor(row / Lq) * Lk + j) * D,
    );
    const scores = keys.map((at) => scale * dot(q, row * D, k, at));
    const top = Math.max(...scores);
    const sum = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
    logSumExp[row] = top + Math.log(sum);
    const p = softmaxRow(scores);
    const dp = keys.map((at) => dot(dy, row * D, v, at));
    const mean = p.reduce((sum, weight, j) => sum + weight * dp[j]!, 0);
    for (const [j, at] of keys.entries()) {
      const ds = scale * p[j]! * (dp[j]! - mean);
      for (let d = 0; d < D; d++) {
        dq[row * D + d]! += ds * k[at + d]!;
        dk[at + d]! += ds * q[row * D + d]!;
        dv[at + d]! += p[j]! * dy[row * D + d]!;
      }
    }
  }
  return { logSumExp, dq, dk, dv };
}

/** x `[B, h, w, Cin]`, weight `[Cout, kh, kw, Cin]`; padding top, bottom, left, right. */
export function conv2d(
  { x, weight, bias }: {
    x: Values;
    weight: Values;
    readonly bias?: Values | undefined;
  },
  { xShape, weightShape, stride, padding }: {
    xShape: Shape;
    weightShape: Shape;
    stride: number;
    padding: readonly [number, number, number, number];
  },
): Float64Array {
  const [B, h, w, Cin] = xShape as [number, number, number, number];
  const [Cout, kh, kw] = weightShape as [number, number, number];
  const [top, bottom, left, right] = padding;
  const rows = Math.floor((h + top + bottom - kh) / stride) + 1;
  const columns = Math.floor((w + left + right - kw) / stride) + 1;
  const y = new Float64Array(B * rows * columns * Cout);
  const pixel = (b: number, i: number, j: number, c: number) =>
    i < 0 || i >= h || j < 0 || j >= w
      ? 0
      : x[((b * h + i) * w + j) * Cin + c]!;
  let yi = 0;
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let o = 0; o < Cout; o++) {
          let sum = bias === undefined ? 0 : bias[o]!;
          for (let u = 0; u < kh; u++) {
            for (let v = 0; v < kw; v++) {
              for (let c = 0; c < Cin; c++) {
                sum += weight[((o * kh + u) * kw + v) * Cin + c]! *
                  pixel(b, i * stride + u - top, j * stride + v - left, c);
              }
            }
          }
          y[yi++] = sum;
        }
      }
    }
  }
  return y;
}

/** x `[B, h, w, C]`, normed over pixels and each group of channels. */
export function groupNorm(
  { x, weight, bias }: { x: Values; weight: Values; bias: Values },
  { B, C, groups, eps }: { B: number; C: number; groups: number; eps: number },
): Float64Array {
  const y = new Float64Array(x.length);
  const size = x.length / B;
  for (let b = 0; b < B; b++) {
    for (let g = 0; g < groups; g++) {
      const members: number[] = [];
      for (let i = b * size; i < (b + 1) * size; i++) {
        if (Math.floor(i % C / (C / groups)) === g) members.push(i);
      }
      const normed = normalize(members.map((i) => x[i]!), eps);
      for (const [n, i] of members.entries()) {
        y[i] = normed[n]! * weight[i % C]! + bias[i % C]!;
      }
    }
  }
  return y;
}

/** Error function, to about 1e-15. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) { // Abramowitz & Stegun 7.1.6
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
  let fraction = size; // Abramowitz & Stegun 7.1.14
  for (let n = 60; n > 0; n--) fraction = size + n / 2 / fraction;
  const erfc = Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
  return Math.sign(x) * (1 - erfc);
}

/** Visits every index of a shape in row-major order. */
export function* indices(shape: Shape): Generator<number[]> {
  const size = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < size; i++) {
    let rest = i;
    const index = shape.slice();
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    yield index;
  }
}

/** Position of an index in a dense array; an extent of 1 repeats. */
export function position(index: readonly number[], shape: Shape): number {
  const missing = index.length - shape.length;
  return shape.reduce(
    (at, extent, axis) =>
      at * extent + (extent === 1 ? 0 : index[axis + missing]!),
    0,
  );
}
