// sum: sums over the middle axis, in parts.
//
//   y[o, p, i] = sum_k x[o, p + k parts, i]
//
// Layout    x: [outer, n, inner], y: [outer, parts, inner]
// Dispatch  one invocation per element of y, workgroups folded over (x, y)

override WG : u32 = 64u;

struct Params {
  length : u32, // elements of y to compute
  n : u32,
  inner : u32,
  parts : u32,
  xFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= params.length) {
    return;
  }
  let row = i / params.inner;
  let base = params.xFirst + row / params.parts * params.n * params.inner
    + i % params.inner;
  var total = 0.0;
  for (var k = row % params.parts; k < params.n; k += params.parts) {
    total += x[base + k * params.inner];
  }
  y[params.outFirst + i] = total;
}
