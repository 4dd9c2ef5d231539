// unary: a function of each element.
//
//   y[i] = f(x[i]), with f of unary_functions.wgsl
//
// Layout    x, y: flat, padded to a multiple of 4
// Dispatch  one invocation per 4 elements, workgroups folded over (x, y)

fn apply(v : vec4f) -> vec4f { return v; } // @include unary_functions.wgsl

override WG : u32 = 64u;

struct Params {
  first : u32, // vec4 of x and y at which the part to compute begins
  length : u32, // in vec4
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < params.length) {
    y[params.outFirst + i] = apply(x[params.first + i]);
  }
}
