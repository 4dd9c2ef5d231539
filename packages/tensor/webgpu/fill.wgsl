// fill: one value everywhere.
//
//   y[i] = value
//
// Layout    y: flat, padded to a multiple of 4
// Dispatch  one invocation per 4 elements, workgroups folded over (x, y)

override WG : u32 = 64u;

struct Params {
  first : u32, // vec4 at which the part to fill begins
  length : u32, // in vec4
  value : u32, // bit pattern, so that it fits any type
}

@group(0) @binding(0) var<storage, read_write> y : array<vec4u>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < params.length) {
    y[params.first + i] = vec4u(params.value);
  }
}
