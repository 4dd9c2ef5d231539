/**
 * fma: how fast numbers in registers are multiplied and added.
 *
 *     s_j = s_j factor + addend, for some vectors s_j, over and over
 *
 * Layout: out has the sum of all s_j, so that nothing is left out. One
 * invocation per vector of out, workgroups along x; an iteration is `8 sums`
 * operations of each.
 */
export function fmaWgsl(
  { type, sums, width }: {
    readonly type: "f32" | "f16";
    /** Vectors: enough to hide latency, few enough for the registers. */
    readonly sums: number;
    /** Invocations of a workgroup. */
    readonly width: number;
  },
): string {
  const each = (line: (j: number) => string) =>
    Array.from({ length: sums }, (_, j) => `  ${line(j)}\n`).join("");
  return `${type === "f16" ? "enable f16;\n" : ""}
struct Params {
  iterations : u32,
}

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> out : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(${width})
fn main(@builtin(global_invocation_id) id : vec3u) {
  let factor = ${type}(x[0]);
  let addend = ${type}(x[1]);
  let start = vec4<${type}>(vec4u(0u, 1u, 2u, 3u) + id.x % 64u);
${each((j) => `var s${j} = start + ${type}(${j});`)}
  for (var i = 0u; i < params.iterations; i++) {
${each((j) => `  s${j} = s${j} * factor + addend;`)}  }
  out[id.x] = vec4f(${
    Array.from({ length: sums }, (_, j) => `s${j}`).join(" + ")
  });
}
`;
}
