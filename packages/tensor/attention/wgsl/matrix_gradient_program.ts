import { lines } from "../../gemm/wgsl/common.ts";
import { ATTENTION_LOOPS } from "./blocks.ts";
import { attentionDialect } from "./matrix_dialect.ts";
import {
  attentionMatrixLayout,
  attentionMatrixRows,
  type AttentionMatrixSpec,
  BLOCKS,
  matrixQuads,
} from "./matrix_layout.ts";
import { rounded, roundingFunctions } from "./matrix_rounding.ts";

/** Factors of p and of ds before they are rounded. */
const [P_SCALE, DS_SCALE] = [2 ** 15, 2 ** -23];

type Operand = "q" | "k" | "v" | "dy";

/** Operands of which a workgroup has rows, and those that it walks over. */
export interface Side {
  readonly own: readonly [scored: Operand, weighed: Operand];
  readonly other: readonly [scored: Operand, weighed: Operand];
  readonly ends: readonly [own: string, other: string];
  /** Gradients: from ds, and from p. */
  readonly writes: readonly string[];
}

/** The gradient by queries, over all keys. */
export const QUERIES: Side = {
  own: ["q", "dy"],
  other: ["k", "v"],
  ends: ["p.Lq", "p.Lk"],
  writes: ["dq"],
};
/** The gradients by keys and values, over all queries. */
export const KEYS: Side = {
  own: ["k", "v"],
  other: ["q", "dy"],
  ends: ["p.Lk", "p.Lq"],
  writes: ["dk", "dv"],
};

/**
 * Scores s = own₀ other₀ᵀ and d = own₁ other₁ᵀ give p and ds, whose sums over
 * the others are `ds other₀` and `p other₁`.
 */
export function program(spec: AttentionMatrixSpec, side: Side): string {
  const { type, size, lanes, headDim } = spec;
  const { writes, ends: [ownEnd, otherEnd] } = side;
  const quads = matrixQuads(spec);
  const { width, others, ...strides } = attentionMatrixLayout(spec);
  const ownRows = attentionMatrixRows(spec);
  // two subgroups share a block of rows, if enough scores are left for each
  const sharers = 2 * size * size / lanes >= 2 * width ? 2 : 1;
  const threads = BLOCKS * sharers * lanes;
  const perRow = threads / ownRows; // invocations that share a row
  const share = others / perRow; // scores of a row in an invocation
  const vectors = share / 4;
  const fragments = headDim / size; // matrices in a row of an operand
  const step = size / width; // vectors of a matrix row
  const pieces = headDim / width; // of a row
  const byQueries = side === QUERIES;
  const E = type === "f16" ? "vec4u" : "vec4f";
  const dialect = attentionDialect(spec);
  const { each } = dialect;
  const blockOf = (stride: number) => `block * ${size * stride}u`;
  /** Column of this subgroup's matrix `i`, of those that sharers take in turns. */
  const turn = (i: string) =>
    sharers === 1 ? i : `(${i} * ${sharers}u + sharer)`;

  const scaleOf = (name: Operand) =>
    name === "dy" ? " * scales.x" : name === "v" ? " * scales.y" : "";
  const piece = (name: Operand, at: string) =>
    rounded(
      type,
      (i) => `${name}[${name}At + ${at} + ${i}u]${scaleOf(name)}`,
    );
  const stage = (
    names: readonly Operand[],
    { start, end, rows }: { start: string; end: string; rows: number },
  ) =>
    `for (var i = thread; i < ${
      dialect.bound(rows * pieces)
    }; i += ${threads}u) {
      let at = min(${start} + i / ${pieces}u, ${end} - 1u) * ${quads}u
        + i % ${pieces}u * ${width / 4}u;
      let to = i / ${pieces}u * ${strides.tile}u + i % ${pieces}u;
${
      lines(names.length, (n) =>
        `      tile[to + ${n * rows * strides.tile}u] = ${
          piece(names[n]!, "at")
        };`)
    }
    }`;
  /** Reads the own rows of an operand into matrices. */
  const hold = (name: string, operand: Operand) =>
    `workgroupBarrier();
  ${stage([operand], { start: "own", end: ownEnd, rows: ownRows })}
  workgroupBarrier();
  var ${name} : array<${dialect.leftType}, ${fragments}>;
  ${
      each("d", fragments, (d) =>
        `${name}[${d}] = ${
          dialect.left(
            "tile",
            `${blockOf(strides.tile)} + ${d} * ${step}u`,
            strides.tile,
          )
        };`)
    }`;
  /** Products of own rows and staged ones, to `scores`. */
  const products = (own: string, staged: number) =>
    each("m", 2 / sharers, (m) =>
      `{
      var s = ${dialect.result}(); // at each turn
      let n = ${turn(m)};
      ${
        each("d", fragments, (d) =>
          `s = ${
            dialect.multiply(
              `${own}[${d}]`,
              dialect.right(
                "col",
                `${staged * others * strides.tile}u + n * ${
                  size * strides.tile
                }u + ${d} * ${step}u`,
                strides.tile,
              ),
              "s",
            )
          };`)
      }
      ${
        dialect.store(
          `${blockOf(strides.scores)} + n * ${size / 4}u`,
          "s",
          strides.scores,
        )
      }
    }`);
  /** Adds weights times staged rows to a gradient. */
  const sums = (gradient: string, staged: number) =>
    each("n", 2, (n) =>
      `{
      let w = ${
        dialect.left(
          "weights",
          `${blockOf(strides.weights)} + ${n} * ${step}u`,
          strides.weights,
        )
      };
      ${
        each("d", fragments / sharers, (d) =>
          `${gradient}[${d}] = ${
            dialect.multiply(
              "w",
              dialect.right(
                "row",
                `(${staged * others}u + ${n} * ${size}u) * ${strides.tile}u + ${
                  turn(d)
                } * ${step}u`,
                strides.tile,
              ),
              `${gradient}[${d}]`,
            )
          };`)
      }
    }`);
  const weights = (value: (i: number) => string) =>
    lines(
      share / width,
      (i) =>
        `    weights[row * ${strides.weights}u + part * ${
          share / width
        }u + ${i}u] = ${rounded(type, (j) => value(i * width / 4 + j))};`,
    );
  const column = (i: number) => `part * ${vectors}u + ${i}u`;
  const kept = (i: number) => byQueries ? "mine.x" : `logs[${column(i)}]`;
  const delta = (i: number) => byQueries ? "mine.y" : `deltas[${column(i)}]`;
  /** Writes a gradient, two matrices of each block at a time. */
  const write = (gradient: string, factor: string) =>
    each("pair", fragments / 2, (pair) =>
      `workgroupBarrier();
  ${
        each("m", 2 / sharers, (m) =>
          dialect.store(
            `${blockOf(strides.scores)} + ${turn(m)} * ${size / 4}u`,
            `${gradient}[${pair} * ${2 / sharers}u + ${m}]`,
            strides.scores,
          ))
      }
  workgroupBarrier();
  if (own + row < ${ownEnd}) {
    let to = ${gradient}At + (own + row) * ${quads}u + ${pair} * ${others / 4}u
      + part * ${vectors}u;
${
        lines(
          vectors,
          (i) =>
            `    ${gradient}Out[to + ${i}u] = scores[ownScores + ${i}u] ${factor};`,
        )
      }
  }`);

  return `${dialect.head}
struct Params {
  ${ATTENTION_LOOPS}
  Lq : u32, Lk : u32,
  qFirst : u32, kFirst : u32, vFirst : u32, dyFirst : u32, // in vec4
  rowsFirst : u32,
  ${writes.map((name) => `${name}First : u32,`).join(" ")} // in vec4
  scale : f32,
}

@group(0) @binding(0) var<storage, read> q : array<vec4f>;
@group(0) @binding(1) var<storage, read> k : array<vec4f>;
@group(0) @binding(2) var<storage, read> v : array<vec4f>;
@group(0) @binding(3) var<storage, read> dy : array<vec4f>;
// log-sum-exp and delta of each query, and the scales of its dy and v
@group(0) @binding(4) var<storage, read> rows : array<vec4f>;
${
    writes.map((name, i) =>
      `@group(0) @binding(${
        5 + i
      }) var<storage, read_write> ${name}Out : array<vec4f>;`
    ).join("\n")
  }
@group(1) @binding(0) var<uniform> p : Params;

// own rows at first, then two operands of others
var<workgroup> tile : array<${E}, ${ownRows * strides.tile}>; // [row, d]
var<workgroup> scores : array<vec4f, ${
    ownRows * strides.scores
  }>; // [own, other]
var<workgroup> weights : array<${E}, ${
    ownRows * strides.weights
  }>; // [own, other]
${
    byQueries ? "" : `var<workgroup> logs : array<vec4f, ${others / 4}>;
var<workgroup> deltas : array<vec4f, ${others / 4}>;
`
  }
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
  let own = group.x * ${ownRows}u;
  let block = subgroup / ${sharers}u;
  let sharer = subgroup % ${sharers}u;
${
    Object.entries({ q: "Lq", k: "Lk", v: "Lk", dy: "Lq" }).map((
      [name, length],
    ) => `  let ${name}At = p.${name}First + head * p.${length} * ${quads}u;`)
      .join("\n")
  }
${
    lines(writes.length, (i) =>
      `  let ${writes[i]}At = p.${
        writes[i]
      }First + head * ${ownEnd} * ${quads}u;`)
  }
  let rowsAt = p.rowsFirst + head * p.Lq;
  let scales = rows[rowsAt].zw;
  let row = thread / ${perRow}u;
  let part = thread % ${perRow}u;
  let ownScores = row * ${strides.scores}u + part * ${vectors}u;
${byQueries ? "  let mine = rows[rowsAt + min(own + row, p.Lq - 1u)];\n" : ""}
  ${hold("a", side.own[0])}
  ${hold("b", side.own[1])}
${
    lines(writes.length, (i) =>
      `  var ${writes[i]} : array<${dialect.result}, ${fragments / sharers}>;`)
  }

  for (var first = 0u; first < ${otherEnd}; first += ${others}u) {
    workgroupBarrier();
    ${stage(side.other, { start: "first", end: otherEnd, rows: others })}
${
    byQueries ? "" : `    if (thread < ${others / 4}u) {
      var four : array<vec4f, 4>;
      for (var i = 0u; i < 4u; i++) {
        four[i] = rows[rowsAt + min(first + thread * 4u + i, p.Lq - 1u)];
      }
      logs[thread] = vec4f(four[0].x, four[1].x, four[2].x, four[3].x);
      deltas[thread] = vec4f(four[0].y, four[1].y, four[2].y, four[3].y);
    }`
  }
    workgroupBarrier();
    ${products("a", 0)}
    workgroupBarrier();
${
    lines(vectors, (i) =>
      `    let other${i} = vec4u(first + part * ${share}u + ${
        4 * i
      }u) + vec4u(0u, 1u, 2u, 3u);
    let p${i} = select(
      vec4f(),
      power(scores[ownScores + ${i}u] * p.scale - ${kept(i)}),
      other${i} < vec4u(${otherEnd}),
    );`)
  }
${byQueries ? "" : weights((i) => `p${i} * ${P_SCALE}.0`)}
    workgroupBarrier();
    ${products("b", 1)}
    ${byQueries ? "" : sums("dv", 1)}
    workgroupBarrier();
${
    weights((i) =>
      `p${i} * ((scores[ownScores + ${i}u] - ${delta(i)}) * ${DS_SCALE})`
    )
  }
    workgroupBarrier();
    ${sums(writes[0]!, 0)}
  }

  ${write(writes[0]!, `* (p.scale * ${1 / DS_SCALE}.0) / scales.x / scales.y`)}
  ${byQueries ? "" : write("dv", `* ${1 / P_SCALE} / scales.x`)}
}
`;
}
