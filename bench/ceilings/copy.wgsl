// copy: how fast memory is read and written.
//
//   out[i] = x[i]
//
// Layout    vectors of four f32
// Dispatch  one invocation per vector, workgroups folded over (x, y)

struct Params {
  length : u32,
}

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i < params.length) {
    out[i] = x[i];
  }
}
