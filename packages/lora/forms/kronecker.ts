import { f32Matrix, takeRows, widened } from "../_matrix.ts";
import type {
  KroneckerFactor,
  KroneckerUpdate,
  LoraMatrix,
  Rows,
} from "../lora_file.ts";
import type { Form } from "./form.ts";
import { product } from "./low_rank.ts";

/**
 * LoKr: `ΔW = scaling · w1 ⊗ w2`. With `w = a b` of each factor it is
 * `(a1 ⊗ a2) (b1 ⊗ b2)`; a whole factor is itself times the identity.
 *
 * Source: Yeh et al. 2023, https://arxiv.org/abs/2309.14859; `lokr.py` of
 * KohakuBlueleaf/LyCORIS.
 */
export const kronecker: Form<KroneckerUpdate> = {
  name: "LoKr",
  shape(update) {
    const [out, into] = productShape(update);
    return [update.rows === undefined ? out : count(update.rows), into];
  },
  rows(update, rows) {
    const [out] = productShape(update);
    const runs = within(update.rows ?? [[0, out]], rows);
    const whole = runs.length === 1 && runs[0]![0] === 0 && runs[0]![1] === out;
    return { ...update, rows: whole ? undefined : runs };
  },
  rank: ({ w1, w2 }) => factorRank(w1) * factorRank(w2),
  factors({ w1, w2, rows, scaling }) {
    const [[a1, b1], [a2, b2]] = [split(w1), split(w2)];
    const B = kron(a1, a2);
    return {
      A: kron(b1, b2),
      B: rows === undefined ? B : takeRows(B, rows),
      scaling,
    };
  },
  dense({ w1, w2, rows, scaling }) {
    const whole = kron(together(w1, scaling), together(w2));
    return (rows === undefined ? whole : takeRows(whole, rows))
      .data as Float32Array<ArrayBuffer>;
  },
  matrices: ({ w1, w2 }) => [...w1, ...w2],
};

/** `[out, in]` of the whole product. */
export function productShape(
  { w1, w2 }: Pick<KroneckerUpdate, "w1" | "w2">,
): [out: number, into: number] {
  const [[a, b], [c, d]] = [factorShape(w1), factorShape(w2)];
  return [a * c, b * d];
}

function factorShape(w: KroneckerFactor): readonly [number, number] {
  return [w[0].shape[0], w.at(-1)!.shape[1]];
}

function factorRank(w: KroneckerFactor): number {
  return w[1] === undefined ? Math.min(...w[0].shape) : w[1].shape[0];
}

/** A factor as a product of two. */
function split(w: KroneckerFactor): readonly [a: LoraMatrix, b: LoraMatrix] {
  const [first, second] = w;
  if (second !== undefined) return [first, second];
  const [rows, columns] = first.shape;
  const one = identity(Math.min(rows, columns));
  return rows < columns ? [one, first] : [first, one];
}

function together([a, b]: KroneckerFactor, scaling = 1): LoraMatrix {
  const scaled = (matrix: LoraMatrix) =>
    widened(matrix).data.map((x) => x * scaling);
  const [rows, columns] = factorShape(b === undefined ? [a] : [a, b]);
  const data = b === undefined ? scaled(a) : product(a, b, scaling);
  return {
    dtype: "F32",
    shape: [rows, columns],
    data: data as Float32Array<ArrayBuffer>,
  };
}

/** `x ⊗ y`. */
function kron(x: LoraMatrix, y: LoraMatrix): LoraMatrix {
  const [[a, b], [c, d]] = [x.shape, y.shape];
  const [left, right] = [widened(x).data, widened(y).data];
  return f32Matrix([a * c, b * d], (row, column) => {
    const [i, j] = [Math.floor(row / c), Math.floor(column / d)];
    return left[i * b + j]! * right[(row - i * c) * d + column - j * d]!;
  });
}

function identity(n: number): LoraMatrix {
  return f32Matrix([n, n], (i, j) => i === j ? 1 : 0);
}

function count(rows: Rows): number {
  return rows.reduce((n, [start, end]) => n + end - start, 0);
}

/** Runs of rows of what other runs of rows have picked. */
function within(outer: Rows, inner: Rows): Rows {
  const runs: [number, number][] = [];
  for (const [start, end] of inner) {
    let at = 0; // first row of a run among those picked
    for (const [first, last] of outer) {
      const from = first + Math.max(start - at, 0);
      const to = Math.min(last, first + end - at);
      at += last - first;
      if (from >= to) continue;
      const before = runs.at(-1);
      if (before?.[1] === from) before[1] = to;
      else runs.push([from, to]);
    }
  }
  return runs;
}
