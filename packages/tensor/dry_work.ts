import type { Kernels } from "./kernels.ts";

/**
 * Kernels that also count the operations of matrix products, convolutions and
 * attention, forward, 2 for each multiplication with its sum.
 */
export function countingWork(
  kernels: Kernels,
  add: (operations: number) => void,
): Kernels {
  const counted: Partial<Kernels> = {
    matmul(out, a, b, options) {
      const { batch, M, N, K } = options;
      add(2 * batch * M * N * K);
      kernels.matmul(out, a, b, options);
    },
    conv2d(out, x, weight, options) {
      add(2 * out.size * weight.size / out.shape.at(-1)!);
      kernels.conv2d(out, x, weight, options);
    },
    attention(out, q, k, v, options) {
      add(4 * q.size * k.shape[2]!);
      kernels.attention(out, q, k, v, options);
    },
  };
  return new Proxy(kernels, {
    get: (kernels, name) =>
      counted[name as keyof Kernels] ?? kernels[name as keyof Kernels],
  });
}
