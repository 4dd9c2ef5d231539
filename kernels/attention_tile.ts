import { lines } from "./gemm_common.ts";

/** What {@linkcode attentionTileWgsl} depends on. */
export interface AttentionTileSpec {
  /** Head width D: a multiple of 4, at most 128. */
  readonly headDim: number;
}

/** Queries of a workgroup of {@linkcode attentionTileWgsl}. */
export const ATTENTION_TILE_QUERIES = 32;

const PARTS = 4; // invocations that share a query
/** Keys in workgroup memory at a time. */
export const ATTENTION_TILE_KEYS = 16;

const KEYS = ATTENTION_TILE_KEYS;

/**
 * Writes the WGSL of attention that never stores its scores.
 *
 * Four invocations hold a query and its output in registers, a quarter of the
 * head each, and walk over all keys. The largest score so far and the sum of
 * exponentials are kept, and the output rescaled when the former grows.
 *
 * Source: Dao et al. 2022, algorithm 1, https://arxiv.org/abs/2205.14135.
 *
 * Dispatch: `(Lq / 32, B H)` workgroups, rounded up.
 *
 * @param spec Head width.
 * @returns WGSL text with entry point `main`.
 *
 * @throws {RangeError} If the head width does not fit.
 *
 * @example Usage
 * ```ts
 * import { attentionTileWgsl } from "@edit-transfer/kernels";
 * import assert from "node:assert/strict";
 *
 * assert.match(attentionTileWgsl({ headDim: 128 }), /fn main/);
 * ```
 */
export function attentionTileWgsl(spec: AttentionTileSpec): string {
  const { headDim } = spec;
  if (headDim % 4 !== 0 || headDim < 4 || headDim > 128) {
    throw new RangeError(
      `Cannot write attention as headDim must be a multiple of 4 up to 128: got ${headDim}`,
    );
  }
  const quads = headDim / 4;
  const own = Math.ceil(quads / PARTS); // vec4s of a query in one invocation
  const invocations = ATTENTION_TILE_QUERIES * PARTS;
  const at = (i: number) => `${i * PARTS}u + part`;
  const inside = (i: number) =>
    (i + 1) * PARTS <= quads ? "true" : `${at(i)} < ${quads}u`;
  return `struct Params {
  Lq : u32, Lk : u32, H : u32, hasBias : u32,
  headFirst : u32, // batch and head of the first workgroups
  qFirst : u32, kFirst : u32, vFirst : u32, outFirst : u32, // in vec4
  biasFirst : u32, biasBatch : u32, biasHead : u32,
  tileKeys : u32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read> q : array<vec4f>;
@group(0) @binding(1) var<storage, read> k : array<vec4f>;
@group(0) @binding(2) var<storage, read> v : array<vec4f>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> out : array<vec4f>;
@group(1) @binding(0) var<uniform> p : Params;

var<workgroup> tileK : array<vec4f, ${KEYS * quads}>; // [key, d]
var<workgroup> tileV : array<vec4f, ${KEYS * quads}>;
var<workgroup> partial : array<f32, ${
    invocations * KEYS
  }>; // [key, query, part]

@compute @workgroup_size(${invocations})
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let head = group.y;
  let part = thread % ${PARTS}u;
  let query = group.x * ${ATTENTION_TILE_QUERIES}u + thread / ${PARTS}u;
  let row = min(query, p.Lq - 1u); // all take part in the barriers
  let qAt = p.qFirst + (head * p.Lq + row) * ${quads}u;
  let biasAt = p.biasFirst + (p.headFirst + head) / p.H * p.biasBatch
    + (p.headFirst + head) % p.H * p.biasHead + row * p.Lk;
${
    lines(own, (i) =>
      `  let q${i} = select(vec4f(0.0), q[qAt + min(${at(i)}, ${
        quads - 1
      }u)] * p.scale, ${inside(i)});
  var o${i} = vec4f(0.0);`)
  }
  var top = -3.0e38;
  var total = 0.0;

  for (var first = 0u; first < p.Lk; first += ${KEYS}u) {
    // a parameter bounds the loops, so that no compiler unrolls them
    let keys = min(p.tileKeys, p.Lk - first);
    let count = keys * ${quads}u;
    let place = (head * p.Lk + first) * ${quads}u;
    for (var i = thread; i < count; i += ${invocations}u) {
      tileK[i] = k[p.kFirst + place + i];
      tileV[i] = v[p.vFirst + place + i];
    }
    workgroupBarrier();

    // a quarter of each score
    for (var key = 0u; key < keys; key++) {
      var sum = 0.0;
${
    lines(own, (i) =>
      `      sum += dot(q${i}, tileK[key * ${quads}u + min(${at(i)}, ${
        quads - 1
      }u)]);`)
  }
      partial[key * ${invocations}u + thread] = sum;
    }
    workgroupBarrier();

    // whole scores, and the largest
    var s : array<f32, ${KEYS}>;
    var newTop = top;
    for (var key = 0u; key < keys; key++) {
      let at = key * ${invocations}u + thread - part;
      var score = partial[at] + partial[at + 1u] + partial[at + 2u] + partial[at + 3u];
      if (p.hasBias != 0u) {
        score += bias[biasAt + first + key];
      }
      newTop = max(newTop, score);
      s[key] = score;
    }
    let shrink = select(0.0, exp(top - newTop), top - newTop > -87.0);
    top = newTop;
    total *= shrink;
${lines(own, (i) => `    o${i} *= shrink;`)}

    for (var key = 0u; key < keys; key++) {
      let d = s[key] - top;
      let w = select(0.0, exp(d), d > -87.0);
      total += w;
${
    lines(own, (i) =>
      `      o${i} += w * tileV[key * ${quads}u + min(${at(i)}, ${
        quads - 1
      }u)];`)
  }
    }
    workgroupBarrier();
  }

  if (query >= p.Lq) {
    return;
  }
  let outAt = p.outFirst + (head * p.Lq + query) * ${quads}u;
${
    lines(own, (i) =>
      `  if (${inside(i)}) {
    out[outAt + ${at(i)}] = o${i} / total;
  }`)
  }
}
`;
}
