import { lines } from "../../gemm/wgsl/common.ts";
import type { AttentionMatrixSpec } from "./matrix_layout.ts";

/** Arrays of workgroup memory that matrices are read from. */
type Array = "tile" | "weights" | "scores";

/** Pieces of WGSL that stand for a matrix unit. */
export interface AttentionDialect {
  /** Directives. */
  readonly head: string;
  /** Declarations, after those of the arrays. */
  readonly functions: string;
  /** Further parameters of the entry point. */
  readonly parameters: string;
  /** Statements that define `subgroup` and `lane`. */
  readonly locals: string;
  /** Type of a matrix of sums, zero at first. */
  readonly result: string;
  /** Type of a left factor. */
  readonly leftType: string;
  /** A multiple of the size that bounds a loop. */
  bound(n: number): string;
  /** The same statements for each number below `n`. */
  each(name: string, n: number, body: (i: string) => string): string;
  /** Left factor, whose rows are `stride` vectors apart. */
  left(from: Array, offset: string, stride: number): string;
  /** Right factor in `tile`, whose rows or columns are `stride` vectors apart. */
  right(order: "row" | "col", offset: string, stride: number): string;
  /** `a b + c`. */
  multiply(a: string, b: string, c: string): string;
  /** Statement that writes sums to `scores`. */
  store(offset: string, matrix: string, stride: number): string;
  /** Sums from `scores`. */
  load(offset: string, stride: number): string;
}

/** The dialect of a matrix unit, or of loops in its place. */
export function attentionDialect(spec: AttentionMatrixSpec): AttentionDialect {
  return (spec.emulate ? emulated : native)(spec);
}

function native({ type, size }: AttentionMatrixSpec): AttentionDialect {
  const load = (
    kind: string,
    order: string,
    ...from: readonly (string | number)[]
  ) =>
    `subgroupMatrixLoad<subgroup_matrix_${kind}, ${size}, ${size}>, ${order}_major>(&${
      from.join(", ")
    }u)`;
  return {
    head: `diagnostic(off, chromium.subgroup_matrix_uniformity);
${type === "f16" ? "enable f16;\n" : ""}enable subgroups;
enable chromium_experimental_subgroup_matrix;
`,
    functions: "",
    parameters: `  @builtin(subgroup_id) subgroup : u32,
  @builtin(subgroup_invocation_id) lane : u32,`,
    locals: "",
    result: `subgroup_matrix_result<f32, ${size}, ${size}>`,
    leftType: `subgroup_matrix_left<${type}, ${size}, ${size}>`,
    bound: (n) => `${n}u`,
    each: (_, n, body) => lines(n, (i) => body(`${i}u`)),
    left: (from, offset, stride) =>
      load(`left<${type}`, "row", from, offset, stride),
    right: (order, offset, stride) =>
      load(`right<${type}`, order, "tile", offset, stride),
    multiply: (a, b, c) => `subgroupMatrixMultiplyAccumulate(${a}, ${b}, ${c})`,
    store: (offset, matrix, stride) =>
      `subgroupMatrixStore<row_major>(&scores, ${offset}, ${matrix}, ${stride}u);`,
    load: (offset, stride) =>
      load("result<f32", "row", "scores", offset, stride),
  };
}

/**
 * Each lane holds a part of a row of the sums, and the row of the left factor
 * that these need. A right factor is where it is in `tile`, read when it is used.
 */
function emulated(
  { type, size, lanes }: AttentionMatrixSpec,
): AttentionDialect {
  const own = size * size / lanes; // sums of a lane
  const place = `let row = laneOf / ${size / own}u;
  let column = laneOf % ${size / own}u * ${own}u;`;
  const read = (from: Array) =>
    `fn ${from}At(vector : u32, i : u32) -> f32 {
${
      type === "f16"
        ? `  return unpack2x16float(${from}[vector + i / 8u][i / 2u % 4u])[i % 2u];`
        : `  return ${from}[vector + i / 4u][i % 4u];`
    }
}

fn ${from}Left(offset : u32, stride : u32) -> array<f32, ${size}> {
  ${place}
  var matrix : array<f32, ${size}>; // one row
  for (var k = 0u; k < p.side; k++) {
    matrix[k] = ${from}At(offset + row * stride, k);
  }
  return matrix;
}
`;
  return {
    head: "enable subgroups;\n",
    functions: `var<private> laneOf : u32;

${read("tile")}
${read("weights")}
// b is where it begins, its stride, and whether rows or columns lie there
fn multiplyAdd(
  a : array<f32, ${size}>,
  b : vec3u,
  c : array<f32, ${own}>,
) -> array<f32, ${own}> {
  ${place}
  var left = a;
  var sums = c;
  for (var i = 0u; i < p.side * ${own}u; i++) {
    let k = i / ${own}u;
    let n = column + i % ${own}u;
    sums[i % ${own}u] += left[k] * tileAt(
      b.x + select(n, k, b.z != 0u) * b.y, select(k, n, b.z != 0u));
  }
  return sums;
}

fn storeSums(offset : u32, stride : u32, matrix : array<f32, ${own}>) {
  ${place}
  var sums = matrix;
  for (var i = 0u; i < ${own}u; i++) {
    scores[offset + row * stride + (column + i) / 4u][(column + i) % 4u] = sums[i];
  }
}

fn loadSums(offset : u32, stride : u32) -> array<f32, ${own}> {
  ${place}
  var sums : array<f32, ${own}>;
  for (var i = 0u; i < ${own}u; i++) {
    sums[i] = scores[offset + row * stride + (column + i) / 4u][(column + i) % 4u];
  }
  return sums;
}
`,
    parameters: "",
    locals: `  let subgroup = thread / ${lanes}u;
  let lane = thread % ${lanes}u;
  laneOf = lane;`,
    result: `array<f32, ${own}>`,
    leftType: `array<f32, ${size}>`,
    bound: (n) => `p.side * ${n / size}u`,
    // a parameter bounds the loops, so that no compiler unrolls them
    each: (name, n, body) =>
      `for (var ${name} = 0u; ${name} * p.side < ${n * size}u; ${name}++) {
      ${body(name)}
    }`,
    left: (from, offset, stride) => `${from}Left(${offset}, ${stride}u)`,
    right: (order, offset, stride) =>
      `vec3u(${offset}, ${stride}u, ${order === "row" ? 1 : 0}u)`,
    multiply: (a, b, c) => `multiplyAdd(${a}, ${b}, ${c})`,
    store: (offset, matrix, stride) =>
      `storeSums(${offset}, ${stride}u, ${matrix});`,
    load: (offset, stride) => `loadSums(${offset}, ${stride}u)`,
  };
}
