import type { GradientRule } from "../autograd/recording.ts";
import { scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { output } from "./_output.ts";
import { sumTo } from "./_sum_axes.ts";

/** Most bytes of the probabilities that are held at a time. */
const MAX_BYTES = 2 ** 26;

interface Operands {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly bias: Tensor | undefined;
}

/** Gradients of attention, whose probabilities are computed anew. */
export function attentionRule(
  { q, k, v, bias }: Operands,
  { scale, needs, maxBytes = MAX_BYTES }: {
    scale: number;
    needs: readonly boolean[];
    maxBytes?: number;
  },
): GradientRule<Tensor> {
  const [B, H, Lq, D] = q.shape as [number, number, number, number];
  const Lk = k.shape[2]!;
  const G = B * H;
  const most = Math.max(1, Math.floor(maxBytes / (4 * Lq * Lk)));
  return (dy) => {
    if (bias !== undefined || G <= most) {
      return gradients({ q, k, v, dy, bias }, { scale, needs });
    }
    // some heads after the other
    const heads = (x: Tensor) => x.reshape([1, G, x.shape[2]!, D]);
    const whole = { q: heads(q), k: heads(k), v: heads(v), dy: heads(dy) };
    const parts: (readonly (Tensor | undefined)[])[] = [];
    for (let first = 0; first < G; first += most) {
      const some = (x: Tensor) =>
        output(
          x.device,
          [1, Math.min(most, G - first), x.shape[2]!, D],
          (y) => x.device.kernels.slice(y, x, [0, first, 0, 0]),
        );
      parts.push(scope(() =>
        gradients({
          q: some(whole.q),
          k: some(whole.k),
          v: some(whole.v),
          dy: some(whole.dy),
          bias,
        }, { scale, needs })
      ));
    }
    return [q, k, v].map(({ device, shape }, i) =>
      needs[i]
        ? output(device, [1, G, shape[2]!, D], (dx) => {
          device.kernels.concat(dx, parts.map((part) => part[i]!), 1);
        })
        : undefined
    );
  };
}

function gradients(
  { q, k, v, dy, bias }: Operands & { readonly dy: Tensor },
  { scale, needs: [needsQ, needsK, needsV, needsBias] }: {
    scale: number;
    needs: readonly boolean[];
  },
): (Tensor | undefined)[] {
  const { device } = q;
  const { kernels } = device;
  const scaled = (x: Tensor) =>
    output(device, x.shape, (y) => kernels.affine(y, x, scale, 0));
  const queries = scaled(q); // [B, H, Lq, D]
  const probabilities = scope(() => {
    let scores = product(queries, k, { transposeB: true }); // [B, H, Lq, Lk]
    if (bias !== undefined) {
      const { shape } = scores;
      scores = output(device, shape, (y) => {
        kernels.binary(y, scores, bias, "add");
      });
    }
    return output(device, scores.shape, (y) => kernels.softmax(y, scores));
  }); // [B, H, Lq, Lk]
  const dv = needsV
    ? product(probabilities, dy, { transposeA: true })
    : undefined; // [B, H, Lk, D]
  if (!needsQ && !needsK && !needsBias) return [undefined, undefined, dv];

  using dp = product(dy, v, { transposeB: true }); // [B, H, Lq, Lk]
  const ds = output(
    device,
    dp.shape,
    (y) => kernels.softmaxGradient(y, probabilities, dp),
  ); // [B, H, Lq, Lk]
  probabilities.dispose();
  return [
    needsQ ? scaled(product(ds, k)) : undefined, // [B, H, Lq, D]
    needsK ? product(ds, queries, { transposeA: true }) : undefined, // [B, H, Lk, D]
    dv,
    needsBias ? sumTo(ds, bias!.shape) : undefined,
  ];
}

/** Product of the matrices of each head. */
function product(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false } = {},
): Tensor {
  const [B, H] = a.shape as [number, number];
  const [M, K] = a.shape.slice(2) as [number, number];
  const [rows, columns] = transposeA ? [K, M] : [M, K];
  const N = b.shape[transposeB ? 2 : 3]!;
  return output(a.device, [B, H, rows, N], (y) => {
    a.device.kernels.matmul(y, a, b, {
      batch: B * H,
      M: rows,
      N,
      K: columns,
      transposeA,
      transposeB,
      sharedA: false,
      sharedB: false,
      bias: undefined,
    });
  });
}
