import { lines } from "../../gemm/wgsl/common.ts";
import {
  ATTENTION_BLOCK,
  ATTENTION_LOOPS,
  type AttentionBlocks,
  attentionBlocks,
  type Rows,
} from "./blocks.ts";
import type { AttentionSpec } from "./tile.ts";

/**
 * Writes the WGSL of the gradient of attention by its queries.
 *
 *     dq = scale ds k, ds = p (dy vᵀ - delta), p = exp(scale q kᵀ - logSumExp)
 *
 * with `delta = Σ_d dy y`. Probabilities are computed anew, block by block,
 * and a workgroup of 256 sums the 64 rows of its queries over all keys.
 *
 * Source: Dao 2023, algorithm 2, https://arxiv.org/abs/2307.08691.
 *
 * Dispatch: `(Lq / 64, B H)` workgroups, rounded up.
 *
 * @param spec Head width.
 * @returns WGSL text with entry point `main`.
 *
 * @throws {RangeError} If the head width does not fit.
 */
export function attentionGradientOfQueriesWgsl(spec: AttentionSpec): string {
  const { headDim } = spec;
  const blocks = attentionBlocks(headDim);
  const row = (i: number) => `min(own + ty + ${i * 16}u, p.Lq - 1u)`;
  return program(blocks, {
    quads: headDim / 4,
    writes: ["dq"],
    body: `  let logs = vec4f(${fourOf((i) => keptOf(row(i)))});
  let deltas = vec4f(${fourOf((i) => deltaOf(row(i)))});
${blocks.zeros("dq")}

  for (var other = 0u; other < p.Lk; other += ${ATTENTION_BLOCK}u) {
${blocks.scores("s", rows("q", "own"), rows("k", "other"))}
${blocks.scores("d", rows("dy", "own"), rows("v", "other"))}
${
      lines(4, (j) =>
        `    d${j} = select(
      vec4f(),
      power(s${j} * p.scale - logs) * (d${j} - deltas),
      other + tx + ${j * 16}u < p.Lk,
    );`)
    }
${blocks.weights("d")}
${blocks.sums("dq", rows("k", "other"), countTo("p.Lk"))}
  }

${blocks.store("dq", result("dq", "p.Lq"), () => "p.scale")}`,
  });
}

/**
 * Writes the WGSL of the gradients of attention by its keys and values.
 *
 *     dv = pᵀ dy,  dk = scale dsᵀ q
 *
 * with `p` and `ds` of {@linkcode attentionGradientOfQueriesWgsl}. A workgroup of
 * 256 sums the 64 rows of its keys over all queries, so nothing is added up
 * between workgroups.
 *
 * Dispatch: `(Lk / 64, B H)` workgroups, rounded up.
 *
 * @param spec Head width.
 * @returns WGSL text with entry point `main`.
 *
 * @throws {RangeError} If the head width does not fit.
 */
export function attentionGradientOfKeysWgsl(spec: AttentionSpec): string {
  const { headDim } = spec;
  const blocks = attentionBlocks(headDim);
  const query = (j: number) => `other + tx + ${j * 16}u`;
  const inside = (j: number) => `min(${query(j)}, p.Lq - 1u)`;
  return program(blocks, {
    quads: headDim / 4,
    writes: ["dk", "dv"],
    body: `${blocks.zeros("dk")}
${blocks.zeros("dv")}

  for (var other = 0u; other < p.Lq; other += ${ATTENTION_BLOCK}u) {
${blocks.scores("s", rows("k", "own"), rows("q", "other"))}
${
      lines(4, (j) =>
        `    s${j} = select(
      vec4f(),
      power(s${j} * p.scale - ${keptOf(inside(j))}),
      ${query(j)} < p.Lq,
    );`)
    }
${blocks.weights("s")}
${blocks.sums("dv", rows("dy", "other"), countTo("p.Lq"))}
${blocks.scores("d", rows("v", "own"), rows("dy", "other"))}
${
      lines(
        4,
        (j) => `    d${j} = s${j} * (d${j} - ${deltaOf(inside(j))});`,
      )
    }
${blocks.weights("d")}
${blocks.sums("dk", rows("q", "other"), countTo("p.Lq"))}
  }

${blocks.store("dk", result("dk", "p.Lk"), () => "p.scale")}
${blocks.store("dv", result("dv", "p.Lk"), () => "1.0")}`,
  });
}

/** Tokens of each operand. */
const LENGTHS = { q: "p.Lq", k: "p.Lk", v: "p.Lk", dy: "p.Lq" } as const;

type Operand = keyof typeof LENGTHS;

/** Rows of an operand, from a variable on. */
function rows(operand: Operand, start: "own" | "other"): Rows {
  return {
    buffer: operand,
    first: `${operand}At`,
    start,
    last: `${LENGTHS[operand]} - 1u`,
  };
}

const keptOf = (query: string) => `kept[keptAt + ${query}]`;
const deltaOf = (query: string) => `delta[deltaAt + ${query}]`;

function result(out: string, end: string) {
  return { out, first: `${out}At`, row: "own", end };
}

/** Rows of the block at `other` that there are. */
function countTo(end: string): string {
  return `min(${ATTENTION_BLOCK}u, ${end} - other)`;
}

function fourOf(value: (i: number) => string): string {
  return [0, 1, 2, 3].map(value).join(", ");
}

/** A kernel with all operands, whose workgroups own 64 rows each. */
function program(
  { memory }: AttentionBlocks,
  { quads, writes, body }: {
    quads: number;
    writes: readonly string[];
    body: string;
  },
): string {
  return `struct Params {
  ${ATTENTION_LOOPS}
  Lq : u32, Lk : u32,
  qFirst : u32, kFirst : u32, vFirst : u32, dyFirst : u32, // in vec4
  keptFirst : u32, deltaFirst : u32,
  ${writes.map((name) => `${name}First : u32,`).join(" ")} // in vec4
  scale : f32,
}

@group(0) @binding(0) var<storage, read> q : array<vec4f>;
@group(0) @binding(1) var<storage, read> k : array<vec4f>;
@group(0) @binding(2) var<storage, read> v : array<vec4f>;
@group(0) @binding(3) var<storage, read> dy : array<vec4f>;
@group(0) @binding(4) var<storage, read> kept : array<f32>; // log-sum-exp
@group(0) @binding(5) var<storage, read> delta : array<f32>;
${
    writes.map((name, i) =>
      `@group(0) @binding(${
        6 + i
      }) var<storage, read_write> ${name} : array<vec4f>;`
    ).join("\n")
  }
@group(1) @binding(0) var<uniform> p : Params;

${memory}

// terms below exp(-87) count as 0
fn power(x : vec4f) -> vec4f {
  return select(vec4f(), exp(x), x > vec4f(-87.0));
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let head = group.y;
  let own = group.x * ${ATTENTION_BLOCK}u;
  let ty = thread / 16u;
  let tx = thread % 16u;
${
    [
      ...Object.entries(LENGTHS),
      ...writes.map((name) => [name, name === "dq" ? "p.Lq" : "p.Lk"]),
    ].map(([name, length]) =>
      `  let ${name}At = p.${name}First + head * ${length} * ${quads}u;`
    ).join("\n")
  }
  let keptAt = p.keptFirst + head * p.Lq;
  let deltaAt = p.deltaFirst + head * p.Lq;
${body}
}
`;
}
