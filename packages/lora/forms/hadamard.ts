import { f32Matrix, takeRows, widened } from "../_matrix.ts";
import type { HadamardUpdate, LoraMatrix } from "../lora_file.ts";
import type { Form } from "./form.ts";
import { product } from "./low_rank.ts";

/**
 * LoHa: `ΔW = scaling · (w1a w1b) ∘ (w2a w2b)`. As a product of two factors, B
 * has the products of each column of w1a and each of w2a, A those of the rows.
 *
 * Source: Hyeon-Woo et al. 2021, https://arxiv.org/abs/2108.06098; `loha.py` of
 * KohakuBlueleaf/LyCORIS.
 */
export const hadamard: Form<HadamardUpdate> = {
  name: "LoHa",
  shape: ({ w1a, w1b }) => [w1a.shape[0], w1b.shape[1]],
  rows: (update, rows) => ({
    ...update,
    w1a: takeRows(update.w1a, rows),
    w2a: takeRows(update.w2a, rows),
  }),
  rank: ({ w1b, w2b }) => w1b.shape[0] * w2b.shape[0],
  factors: ({ w1a, w1b, w2a, w2b, scaling }) => ({
    A: rowProducts(w1b, w2b),
    B: columnProducts(w1a, w2a),
    scaling,
  }),
  dense({ w1a, w1b, w2a, w2b, scaling }) {
    const values = product(w1a, w1b, scaling);
    const other = product(w2a, w2b);
    return values.map((value, i) => value * other[i]!);
  },
  matrices: ({ w1a, w1b, w2a, w2b }) => [w1a, w1b, w2a, w2b],
};

/** `[p · q, n]`, the products of each row of x and each of y. */
function rowProducts(x: LoraMatrix, y: LoraMatrix): LoraMatrix {
  const [[p, n], [q]] = [x.shape, y.shape];
  const [a, b] = [widened(x).data, widened(y).data];
  return f32Matrix([p * q, n], (row, j) => {
    const i = Math.floor(row / q);
    return a[i * n + j]! * b[(row - i * q) * n + j]!;
  });
}

/** `[n, p · q]`, the products of each column of x and each of y. */
function columnProducts(x: LoraMatrix, y: LoraMatrix): LoraMatrix {
  const [[n, p], [, q]] = [x.shape, y.shape];
  const [a, b] = [widened(x).data, widened(y).data];
  return f32Matrix([n, p * q], (j, column) => {
    const i = Math.floor(column / q);
    return a[j * p + i]! * b[j * q + column - i * q]!;
  });
}
