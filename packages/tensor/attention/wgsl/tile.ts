import { lines } from "../../gemm/wgsl/common.ts";
import { ATTENTION_BLOCK, ATTENTION_LOOPS, attentionBlocks } from "./blocks.ts";

/** What the kernels of attention in f32 depend on. */
export interface AttentionSpec {
  /** Head width D: a multiple of 4, at most 128. */
  readonly headDim: number;
}

/** Parameters of both kernels of the forward pass. */
export const ATTENTION_PARAMS = `struct Params {
  ${ATTENTION_LOOPS}
  Lq : u32, Lk : u32, H : u32,
  hasBias : u32, keeps : u32,
  headFirst : u32, // batch and head of the first workgroups
  qFirst : u32, kFirst : u32, vFirst : u32, outFirst : u32, // in vec4
  keptFirst : u32,
  biasFirst : u32, biasBatch : u32, biasHead : u32,
  scale : f32,
}`;

/**
 * Writes the WGSL of attention that never stores its scores, in f32.
 *
 * A workgroup of 256 walks over all keys for 64 queries of a head. Blocks of
 * 64 × 64 scores and the 64 rows of the result are held in registers. The
 * largest score so far and the sum of exponentials are kept, and the result
 * rescaled when the former grows.
 *
 * Source: Dao et al. 2022, algorithm 1, https://arxiv.org/abs/2205.14135.
 *
 * Dispatch: `(Lq / 64, B H)` workgroups, rounded up.
 *
 * @param spec Head width.
 * @returns WGSL text with entry point `main`.
 *
 * @throws {RangeError} If the head width does not fit.
 */
export function attentionTileWgsl(spec: AttentionSpec): string {
  const { headDim } = spec;
  const blocks = attentionBlocks(headDim);
  const quads = headDim / 4;
  const at = (i: number) => "xyzw"[i]!;
  const queries = {
    buffer: "q",
    first: "qAt",
    start: "query",
    last: "p.Lq - 1u",
  };
  const keys = (buffer: "k" | "v") => ({
    buffer,
    first: `${buffer}At`,
    start: "first",
    last: "p.Lk - 1u",
  });
  return `${ATTENTION_PARAMS}

@group(0) @binding(0) var<storage, read> q : array<vec4f>;
@group(0) @binding(1) var<storage, read> k : array<vec4f>;
@group(0) @binding(2) var<storage, read> v : array<vec4f>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> out : array<vec4f>;
@group(0) @binding(5) var<storage, read_write> kept : array<f32>; // log-sum-exp
@group(1) @binding(0) var<uniform> p : Params;

${blocks.memory}

// terms below exp(-87) count as 0, so that -inf in the bias is safe
fn power(x : vec4f) -> vec4f {
  return select(vec4f(), exp(x), x > vec4f(-87.0));
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let head = group.y;
  let query = group.x * ${ATTENTION_BLOCK}u;
  let ty = thread / 16u;
  let tx = thread % 16u;
  let qAt = p.qFirst + head * p.Lq * ${quads}u;
  let kAt = p.kFirst + head * p.Lk * ${quads}u;
  let vAt = p.vFirst + head * p.Lk * ${quads}u;
  let biasAt = p.biasFirst + (p.headFirst + head) / p.H * p.biasBatch
    + (p.headFirst + head) % p.H * p.biasHead;
  var top = vec4f(-3.0e38); // of the queries of this invocation
  var total = vec4f();
${blocks.zeros("o")}

  for (var first = 0u; first < p.Lk; first += ${ATTENTION_BLOCK}u) {
${blocks.scores("s", queries, keys("k"))}

    var newTop = top;
${
    lines(4, (j) =>
      `    {
      let key = first + tx + ${j * 16}u;
      s${j} *= p.scale;
      if (p.hasBias != 0u) {
        let at = biasAt + min(key, p.Lk - 1u);
        s${j} += vec4f(
${
        lines(4, (i) =>
          `          bias[at + min(query + ty + ${
            i * 16
          }u, p.Lq - 1u) * p.Lk],`)
      }
        );
      }
      s${j} = select(vec4f(-3.0e38), s${j}, key < p.Lk);
      newTop = max(newTop, s${j});
    }`)
  }
${blocks.reduced("newTop", (a, b) => `max(${a}, ${b})`)}
    let shrink = power(top - newTop);
    top = newTop;
${lines(4, (j) => `    s${j} = power(s${j} - top);`)}
    total = total * shrink + s0 + s1 + s2 + s3;
${
    lines(4, (i) =>
      lines(blocks.own, (c) => `    o${i}_${c} *= shrink.${at(i)};`))
  }
${blocks.weights("s")}
${blocks.sums("o", keys("v"), `min(${ATTENTION_BLOCK}u, p.Lk - first)`)}
  }

${blocks.reduced("total", (a, b) => `${a} + ${b}`)}
  let outAt = p.outFirst + head * p.Lq * ${quads}u;
${
    blocks.store("o", {
      out: "out",
      first: "outAt",
      row: "query",
      end: "p.Lq",
    }, (i) => `(1.0 / total.${at(i)})`)
  }
  if (p.keeps != 0u && tx == 0u) {
    let sum = top + log(total);
${
    lines(4, (i) =>
      `    if (query + ty + ${i * 16}u < p.Lq) {
      kept[p.keptFirst + head * p.Lq + query + ty + ${i * 16}u] = sum.${at(i)};
    }`)
  }
  }
}
`;
}
