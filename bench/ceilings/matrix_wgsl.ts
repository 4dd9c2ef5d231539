import type { MatrixUnit } from "../../packages/tensor/webgpu/matrix_units.ts";

/** Matrices that a subgroup keeps, so that the unit never waits. */
export const SUMS = 8;

/**
 * matrix: how fast the matrix units multiply what is in registers.
 *
 *     S_j = S_j + A B, for eight matrices S_j, over and over
 *
 * Layout: x has A and B, one after the other; out has the sum of all S_j of
 * each workgroup. One subgroup a workgroup, workgroups along x.
 */
export function matrixWgsl({ type, M, N, K }: MatrixUnit, lanes: number) {
  const each = (line: (j: number) => string) =>
    Array.from({ length: SUMS }, (_, j) => line(j)).join("\n");
  return `diagnostic(off, chromium.subgroup_matrix_uniformity);
${type === "f16" ? "enable f16;\n" : ""}enable subgroups;
enable chromium_experimental_subgroup_matrix;

struct Params {
  iterations : u32,
}

@group(0) @binding(0) var<storage, read> x : array<${type}>;
@group(0) @binding(1) var<storage, read_write> out : array<f32>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group : vec3u) {
  let a = subgroupMatrixLoad<subgroup_matrix_left<${type}, ${K}, ${M}>, row_major>(&x, 0u, ${K}u);
  let b = subgroupMatrixLoad<subgroup_matrix_right<${type}, ${N}, ${K}>, row_major>(&x, ${
    M * K
  }u, ${N}u);
${each((j) => `  var s${j} : subgroup_matrix_result<f32, ${N}, ${M}>;`)}
  for (var i = 0u; i < params.iterations; i++) {
${each((j) => `    s${j} = subgroupMatrixMultiplyAccumulate(a, b, s${j});`)}
  }
${
    each((j) =>
      `  subgroupMatrixStore<row_major>(&out, (group.x * ${SUMS}u + ${j}u) * ${
        M * N
      }u, s${j}, ${N}u);`
    )
  }
}
`;
}
