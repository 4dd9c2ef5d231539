import type { MatrixUnit } from "../../webgpu/matrix_units.ts";

/** Tile of `gemmMatrixWgsl`. */
export interface GemmMatrixTile {
  /** Rows of `out` that a workgroup computes. */
  readonly rows: number;
  /** Columns of `out` that a workgroup computes. */
  readonly columns: number;
  /** Values of k a step. */
  readonly depth: number;
  /** Subgroups along the rows of a tile. */
  readonly down: number;
  /** Subgroups along the columns of a tile. */
  readonly across: number;
  /** Invocations of a subgroup. */
  readonly lanes: number;
  /** What the subgroups multiply at once. */
  readonly unit: MatrixUnit;
  /**
   * Replaces the matrix unit by loops of the first invocation of each
   * subgroup, to test everything else where there is no such unit.
   */
  readonly emulate?: boolean | undefined;
}

/** Pieces of WGSL that stand for a matrix unit. */
export interface MatrixDialect {
  /** Directives. */
  readonly head: string;
  /** Declarations, after those of the tiles. */
  readonly functions: string;
  /** Further parameters of the entry point. */
  readonly parameters: string;
  /** Statements that define `subgroup` and `lane`. */
  readonly locals: string;
  /** Statement that declares the sums of the subgroup's matrix `index`. */
  declare(name: string, index: number): string;
  /** Matrix of tileA at an offset in vectors. */
  left(offset: string, stride: number): string;
  /** Matrix of tileB. */
  right(offset: string, stride: number): string;
  /** Statement that adds a product to `sums`. */
  multiply(a: string, b: string, sums: string): string;
  /** Statement that writes sums to `results`. */
  store(offset: string, sums: string): string;
}

/** The dialect of a matrix unit, or of loops in its place. */
export function matrixDialect(
  spec: GemmMatrixTile & { readonly transposeB: boolean },
): MatrixDialect {
  return (spec.emulate ? emulated : native)(spec);
}

function native(
  { unit, transposeB }: GemmMatrixTile & { readonly transposeB: boolean },
): MatrixDialect {
  const { type, M, N, K } = unit;
  const load = (
    side: string,
    order: string,
    from: string,
    stride: number,
  ) =>
    `subgroupMatrixLoad<subgroup_matrix_${side}, ${order}_major>(&${from}, ${stride}u)`;
  return {
    head: `diagnostic(off, chromium.subgroup_matrix_uniformity);
${type === "f16" ? "enable f16;\n" : ""}enable subgroups;
enable chromium_experimental_subgroup_matrix;
`,
    functions: "",
    parameters: `  @builtin(subgroup_id) subgroup : u32,
  @builtin(subgroup_invocation_id) lane : u32,`,
    locals: "",
    declare: (name) => `var ${name} : subgroup_matrix_result<f32, ${N}, ${M}>;`,
    left: (offset, stride) =>
      load(`left<${type}, ${K}, ${M}>`, "row", `tileA, ${offset}`, stride),
    right: (offset, stride) =>
      load(
        `right<${type}, ${N}, ${K}>`,
        transposeB ? "col" : "row",
        `tileB, ${offset}`,
        stride,
      ),
    multiply: (a, b, sums) =>
      `${sums} = subgroupMatrixMultiplyAccumulate(${a}, ${b}, ${sums});`,
    store: (offset, sums) =>
      `subgroupMatrixStore<row_major>(&results, ${offset}, ${sums}, ${
        N / 4
      }u);`,
  };
}

/** The lanes of a subgroup share what its matrix unit would do. */
function emulated(
  { rows, columns, down, across, unit, lanes, transposeB }: GemmMatrixTile & {
    readonly transposeB: boolean;
  },
): MatrixDialect {
  const { M, N, K } = unit;
  const quads = M * N / 4; // vectors of a result
  const each = rows / down * columns / across / 4; // of a subgroup
  return {
    head: "",
    functions: `var<workgroup> allSums : array<vec4f, ${down * across * each}>;

${elementOf(unit, "A")}

${elementOf(unit, "B")}

// matrices are an offset and a stride in their tile
fn multiplyAdd(a : vec2u, b : vec2u, sums : u32, lane : u32) {
  for (var q = lane; q < ${quads}u; q += ${lanes}u) {
    let m = q / ${N / 4}u;
    let n = q % ${N / 4}u * 4u;
    var sum = allSums[sums + q];
    for (var k = 0u; k < ${K}u; k++) {
      var right : vec4f;
      for (var j = 0u; j < 4u; j++) {
        right[j] = ${
      transposeB
        ? "elementB(b.x + (n + j) * b.y, k)"
        : "elementB(b.x + k * b.y, n + j)"
    };
      }
      sum += elementA(a.x + m * a.y, k) * right;
    }
    allSums[sums + q] = sum;
  }
}

fn storeSums(offset : u32, sums : u32, lane : u32) {
  for (var q = lane; q < ${quads}u; q += ${lanes}u) {
    results[offset + q] = allSums[sums + q];
  }
}
`,
    parameters: "",
    locals: `  let subgroup = thread / ${lanes}u;
  let lane = thread % ${lanes}u;`,
    declare: (name, index) =>
      `let ${name} = subgroup * ${each}u + ${index * quads}u;`,
    left: (offset, stride) => `vec2u(${offset}, ${stride}u)`,
    right: (offset, stride) => `vec2u(${offset}, ${stride}u)`,
    multiply: (a, b, sums) => `multiplyAdd(${a}, ${b}, ${sums}, lane);`,
    store: (offset, sums) => `storeSums(${offset}, ${sums}, lane);`,
  };
}

/** `elementA(vector, i)`: element `i` from a vector of a tile on. */
function elementOf({ type }: MatrixUnit, tile: "A" | "B"): string {
  return `fn element${tile}(vector : u32, i : u32) -> f32 {
${
    type === "f16"
      ? `  let pair = tile${tile}[vector + i / 8u][i / 2u % 4u];
  return unpack2x16float(pair)[i % 2u];`
      : `  return tile${tile}[vector + i / 4u][i % 4u];`
  }
}`;
}
