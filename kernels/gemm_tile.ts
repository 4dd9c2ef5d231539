import {
  gemmPrelude,
  type GemmSpec,
  lines,
  loadA,
  XYZW,
} from "./gemm_common.ts";

/** Tile of {@linkcode gemmTileWgsl}. */
export interface GemmTileSpec extends GemmSpec {
  /** Rows and columns of `out` that one invocation holds: 4 or 8. */
  readonly perThread: number;
}

const SIDE = 16; // invocations along each side of a tile
const DEPTH = 16; // values of k a step

/**
 * Writes the WGSL of a GEMM that keeps a tile of `out` in registers and stages
 * pieces of `a` and `b` in workgroup memory. It runs on any adapter.
 *
 * A workgroup of 256 computes `16 perThread × 16 perThread` of `out`.
 *
 * Dispatch: `(N / (16 perThread), M / (16 perThread), batch)` workgroups,
 * rounded up.
 *
 * @param spec Tile, operand layouts and types.
 * @returns WGSL text with entry point `main`.
 *
 * @example Usage
 * ```ts
 * import { gemmTileWgsl } from "@edit-transfer/kernels";
 * import assert from "node:assert/strict";
 *
 * const code = gemmTileWgsl({
 *   perThread: 4, a: "vec4", b: "vec4", out: "vec4", bType: "f32",
 *   transposeB: false, conv: false,
 * });
 * assert.match(code, /@workgroup_size\(256\)/);
 * ```
 */
export function gemmTileWgsl(spec: GemmTileSpec): string {
  const { perThread, transposeB } = spec;
  const side = SIDE * perThread;
  const quads = perThread / 4; // vec4 columns of an invocation, 64 apart
  const loads = side * DEPTH / 4 / (SIDE * SIDE);
  return `${gemmPrelude(spec)}

${loadA(spec)}

var<workgroup> tileA : array<f32, ${side * DEPTH}>; // [k, m]
var<workgroup> tileB : array<f32, ${side * DEPTH}>; // [k, n]

@compute @workgroup_size(${SIDE * SIDE})
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let m0 = group.y * ${side}u;
  let n0 = group.x * ${side}u;
  let batch = group.z;
  let ty = thread / ${SIDE}u;
  let tx = thread % ${SIDE}u;
${
    lines(perThread, (i) =>
      lines(quads, (q) => `  var c${i}_${q} = vec4f(0.0);`))
  }

  for (var k0 = 0u; k0 < p.K; k0 += ${DEPTH}u) {
    for (var s = 0u; s < ${loads}u; s++) {
      let i = thread + s * ${SIDE * SIDE}u;
      let m = i / ${DEPTH / 4}u;
      let k = i % ${DEPTH / 4}u * 4u;
      let v = loadA(m0 + m, k0 + k, batch);
${lines(4, (j) => `      tileA[(k + ${j}u) * ${side}u + m] = v.${XYZW[j]};`)}
    }
    for (var s = 0u; s < ${loads}u; s++) {
      let i = thread + s * ${SIDE * SIDE}u;
${
    transposeB
      ? `      let n = i / ${DEPTH / 4}u;
      let k = i % ${DEPTH / 4}u * 4u;
      let v = loadB(n0 + n, k0 + k, batch);
${lines(4, (j) => `      tileB[(k + ${j}u) * ${side}u + n] = v.${XYZW[j]};`)}`
      : `      let k = i / ${side / 4}u;
      let n = i % ${side / 4}u * 4u;
      let v = loadB(k0 + k, n0 + n, batch);
${lines(4, (j) => `      tileB[k * ${side}u + n + ${j}u] = v.${XYZW[j]};`)}`
  }
    }
    workgroupBarrier();

    for (var k = 0u; k < ${DEPTH}u; k++) {
${
    lines(quads, (q) =>
      `      let b${q} = vec4f(
        ${
        XYZW.map((_, j) => `tileB[k * ${side}u + ${q * 64}u + tx * 4u + ${j}u]`)
          .join(",\n        ")
      },
      );`)
  }
${
    lines(perThread, (i) =>
      `      let a${i} = tileA[k * ${side}u + ty * ${perThread}u + ${i}u];\n` +
      lines(quads, (q) =>
        `      c${i}_${q} += a${i} * b${q};`))
  }
    }
    workgroupBarrier();
  }

${
    lines(quads, (q) =>
      `  let start${q} = loadBias(n0 + ${q * 64}u + tx * 4u);\n` +
      lines(perThread, (i) =>
        `  store(m0 + ty * ${perThread}u + ${i}u, n0 + ${
          q * 64
        }u + tx * 4u, batch, c${i}_${q} + start${q});`))
  }
}
`;
}
