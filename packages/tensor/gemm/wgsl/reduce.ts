import { gemmPrelude } from "./common.ts";
import type { GemmEpilogue } from "./epilogue.ts";

/**
 * Writes the WGSL that adds up the parts of a GEMM whose K was cut in slices,
 * in the order of the slices.
 *
 * Layout: `a` holds the parts `[slices, M, lda]` with `lda` a multiple of 4.
 * Dispatch: `(N / 64, M / 4, 1)` workgroups, rounded up.
 *
 * @param spec How `out` is written, and after what.
 * @returns WGSL text with entry point `main`.
 */
export function gemmReduceWgsl(spec: GemmEpilogue): string {
  return `${
    gemmPrelude({
      ...spec,
      a: "vec4",
      b: "scalar",
      bType: "f32",
      transposeB: false,
      conv: false,
    })
  }

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let m = id.y;
  let n = id.x * 4u;
  if (m >= p.M || n >= p.N) {
    return;
  }
  var sum = vec4f(0.0);
  for (var slice = 0u; slice < p.K; slice++) {
    sum += a[(p.aFirst + slice * p.aBatch + m * p.lda + n) / 4u];
  }
  store(m, n, 0u, sum + loadBias(n));
}
`;
}
