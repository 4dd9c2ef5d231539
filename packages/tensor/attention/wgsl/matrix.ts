import { lines } from "../../gemm/wgsl/common.ts";
import { attentionDialect } from "./matrix_dialect.ts";
import {
  attentionMatrixLayout,
  attentionMatrixRows,
  type AttentionMatrixSpec,
  BLOCKS,
  matrixQuads,
} from "./matrix_layout.ts";
import { rounded, roundingFunctions } from "./matrix_rounding.ts";
import { ATTENTION_PARAMS } from "./tile.ts";

/** Powers of e that a score may exceed the largest one noted by. */
const SLACK = 8;

/**
 * Writes the WGSL of attention that never stores its scores, on the matrix
 * units of an adapter.
 *
 * Each of four subgroups has so many queries as a matrix has rows, holds them
 * and the rows of its result in matrices, and walks over all keys. Scores pass
 * through workgroup memory, where the exponentials are taken in f32. The result
 * is not rescaled until a score exceeds the largest one noted by 8: weights are
 * at most e^8 then, and sums of f32 do not mind.
 *
 * Operands and weights are rounded to the type of the factors, scores and
 * statistics stay f32. The weights are summed as rounded, so that a result is a
 * mean of values. There is no bias.
 *
 * Source: Dao et al. 2022, algorithm 1, https://arxiv.org/abs/2205.14135.
 *
 * Dispatch: `(Lq / queries, B H)` workgroups, rounded up, with the queries of
 * {@linkcode attentionMatrixRows}.
 *
 * @param spec Head width, a multiple of twice the size, and matrices.
 * @returns WGSL text with entry point `main`.
 *
 * @throws {RangeError} If the head width does not fit.
 */
export function attentionMatrixWgsl(spec: AttentionMatrixSpec): string {
  const { headDim, type, size, lanes } = spec;
  const quads = matrixQuads(spec);
  const { width, others: keys, ...strides } = attentionMatrixLayout(spec);
  const queries = attentionMatrixRows(spec);
  const threads = BLOCKS * lanes;
  const perRow = lanes / size; // invocations that share a row
  const share = keys / perRow; // scores of a row in an invocation
  const vectors = share / 4;
  const fragments = headDim / size;
  const pieces = headDim / width; // of a row
  const E = type === "f16" ? "vec4u" : "vec4f";
  const dialect = attentionDialect(spec);
  const across = (name: string, f: (a: string, b: string) => string) =>
    lines(
      Math.log2(perRow),
      (i) =>
        `    ${name} = ${f(name, `subgroupShuffleXor(${name}, ${1 << i}u)`)};`,
    );
  const { each } = dialect;
  const rowsOf = (stride: number) => `subgroup * ${size * stride}u`;
  const step = size / width; // vectors of a matrix row
  const scoresAt = (n: number) =>
    `${rowsOf(strides.scores)} + ${n * size / 4}u`;
  /** Two matrices of the result at a time, which fill the scores. */
  const byPairs = (body: (pair: string) => string) =>
    each("pair", fragments / 2, (pair) =>
      `workgroupBarrier();
    ${dialect.store(scoresAt(0), `o[2u * ${pair}]`, strides.scores)}
    ${dialect.store(scoresAt(1), `o[2u * ${pair} + 1u]`, strides.scores)}
    workgroupBarrier();
${body(pair)}`);
  const piece = (buffer: "q" | "k" | "v", at: string) =>
    rounded(type, (i) => `${buffer}[${at} + ${i}u]`);
  return `${dialect.head}
${ATTENTION_PARAMS}

@group(0) @binding(0) var<storage, read> q : array<vec4f>;
@group(0) @binding(1) var<storage, read> k : array<vec4f>;
@group(0) @binding(2) var<storage, read> v : array<vec4f>;
@group(0) @binding(3) var<storage, read> bias : array<f32>; // not read
@group(0) @binding(4) var<storage, read_write> out : array<vec4f>;
@group(0) @binding(5) var<storage, read_write> kept : array<f32>; // log-sum-exp
@group(1) @binding(0) var<uniform> p : Params;

// queries at first, then keys and values
var<workgroup> tile : array<${E}, ${queries * strides.tile}>; // [row, d]
var<workgroup> scores : array<vec4f, ${
    queries * strides.scores
  }>; // [query, key]
var<workgroup> weights : array<${E}, ${
    queries * strides.weights
  }>; // [query, key]
var<workgroup> raised : atomic<u32>; // whether the result has to be rescaled

${dialect.functions}
${roundingFunctions(type)}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) thread : u32,
${dialect.parameters}
) {
${dialect.locals}
  let head = group.y;
  let query = group.x * ${queries}u;
  let qAt = p.qFirst + head * p.Lq * ${quads}u;
  let kAt = p.kFirst + head * p.Lk * ${quads}u;
  let vAt = p.vFirst + head * p.Lk * ${quads}u;
  let row = subgroup * ${size}u + lane / ${perRow}u;
  let part = lane % ${perRow}u;
  let ownScores = row * ${strides.scores}u + part * ${vectors}u;
  var top = -3.0e38; // largest score of the row, or up to ${SLACK} less
  var total = 0.0; // of the scores of this invocation

  for (var i = thread; i < ${
    dialect.bound(queries * pieces)
  }; i += ${threads}u) {
    let at = qAt + min(query + i / ${pieces}u, p.Lq - 1u) * ${quads}u
      + i % ${pieces}u * ${width / 4}u;
    tile[i / ${pieces}u * ${strides.tile}u + i % ${pieces}u] = ${
    piece("q", "at")
  };
  }
  if (thread == 0u) {
    atomicStore(&raised, 0u);
  }
  workgroupBarrier();
  var a : array<${dialect.leftType}, ${fragments}>;
  var o : array<${dialect.result}, ${fragments}>;
  ${
    each("d", fragments, (d) =>
      `a[${d}] = ${
        dialect.left(
          "tile",
          `${rowsOf(strides.tile)} + ${d} * ${step}u`,
          strides.tile,
        )
      };`)
  }

  for (var first = 0u; first < p.Lk; first += ${keys}u) {
    workgroupBarrier();
    for (var i = thread; i < ${
    dialect.bound(keys * pieces)
  }; i += ${threads}u) {
      let key = first + i / ${pieces}u;
      let at = min(key, p.Lk - 1u) * ${quads}u + i % ${pieces}u * ${width / 4}u;
      let to = i / ${pieces}u * ${strides.tile}u + i % ${pieces}u;
      tile[to] = ${piece("k", "kAt + at")};
      tile[to + ${keys * strides.tile}u] = ${piece("v", "vAt + at")};
    }
    workgroupBarrier();
    ${
    each("n", 2, (n) =>
      `{
      var s = ${dialect.result}(); // at each turn
      ${
        each("d", fragments, (d) =>
          `s = ${
            dialect.multiply(
              `a[${d}]`,
              dialect.right(
                "col",
                `${n} * ${size * strides.tile}u + ${d} * ${step}u`,
                strides.tile,
              ),
              "s",
            )
          };`)
      }
      ${
        dialect.store(
          `${rowsOf(strides.scores)} + ${n} * ${size / 4}u`,
          "s",
          strides.scores,
        )
      }
    }`)
  }
    workgroupBarrier();

    var high = -3.0e38;
${
    lines(vectors, (i) =>
      `    let key${i} = vec4u(first + part * ${share}u + ${
        4 * i
      }u) + vec4u(0u, 1u, 2u, 3u);
    var s${i} = select(
      vec4f(-3.0e38), scores[ownScores + ${i}u] * p.scale, key${i} < vec4u(p.Lk));
    high = max(high, max(max(s${i}.x, s${i}.y), max(s${i}.z, s${i}.w)));`)
  }
${across("high", (a, b) => `max(${a}, ${b})`)}
    let raise = high > top + ${SLACK}.0;
    let newTop = select(top, high, raise);
    let shrink = select(0.0, exp(top - newTop), top - newTop > -87.0);
    top = newTop;
    total *= shrink;
${
    lines(vectors, (i) =>
      `    s${i} = asFactor(power(s${i} - top));
    total += s${i}.x + s${i}.y + s${i}.z + s${i}.w;`)
  }
${
    lines(share / width, (i) =>
      `    weights[row * ${strides.weights}u + part * ${
        share / width
      }u + ${i}u] = ${
        rounded(type, (j) => `s${i * width / 4 + j}`)
      };`)
  }
    if (raise && first > 0u) {
      atomicStore(&raised, 1u);
    }
    if (workgroupUniformLoad(&raised) != 0u) {
      ${
    byPairs((pair) =>
      `${lines(vectors, (i) => `    scores[ownScores + ${i}u] *= shrink;`)}
    workgroupBarrier();
    o[2u * ${pair}] = ${dialect.load(scoresAt(0), strides.scores)};
    o[2u * ${pair} + 1u] = ${dialect.load(scoresAt(1), strides.scores)};`
    )
  }
      if (thread == 0u) {
        atomicStore(&raised, 0u);
      }
    }
    ${
    each("n", 2, (n) =>
      `{
      let w = ${
        dialect.left(
          "weights",
          `${rowsOf(strides.weights)} + ${n} * ${step}u`,
          strides.weights,
        )
      };
      ${
        each("d", fragments, (d) =>
          `o[${d}] = ${
            dialect.multiply(
              "w",
              dialect.right(
                "row",
                `(${keys}u + ${n} * ${size}u) * ${strides.tile}u + ${d} * ${step}u`,
                strides.tile,
              ),
              `o[${d}]`,
            )
          };`)
      }
    }`)
  }
  }

${across("total", (a, b) => `${a} + ${b}`)}
  let to = p.outFirst + (head * p.Lq + query + row) * ${quads}u + part * ${vectors}u;
  ${
    byPairs((pair) =>
      `    if (query + row < p.Lq) {
${
        lines(vectors, (i) =>
          `      out[to + ${pair} * ${
            keys / 4
          }u + ${i}u] = scores[ownScores + ${i}u] / total;`)
      }
    }`
    )
  }
  if (p.keeps != 0u && part == 0u && query + row < p.Lq) {
    kept[p.keptFirst + head * p.Lq + query + row] = top + log(total);
  }
}
`;
}
