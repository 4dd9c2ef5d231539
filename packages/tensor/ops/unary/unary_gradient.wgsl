// unary_gradient: gradient of a function of each element.
//
//   dx[i] = dy[i] f'(x[i]), with f of unary_functions.wgsl
//
// Layout    x, dy, dx: flat, padded to a multiple of 4
// Dispatch  one invocation per 4 elements, workgroups folded over (x, y)

fn derivative(v : vec4f) -> vec4f { return v; } // @include unary_functions.wgsl

override WG : u32 = 64u;

struct Params {
  xFirst : u32, // vec4 at which the part to compute begins
  dyFirst : u32,
  outFirst : u32,
  length : u32, // in vec4
}

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read> dy : array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < params.length) {
    dx[params.outFirst + i] =
      dy[params.dyFirst + i] * derivative(x[params.xFirst + i]);
  }
}
