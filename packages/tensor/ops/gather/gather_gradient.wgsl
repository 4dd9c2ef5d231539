// gather_gradient: sums the rows that were read from each row of a table.
//
//   dx[v, c] = sum over i with indices[i] = v of dy[i, c]
//
// Layout    dx: [V, C], dy: [n, C], indices: [n]
// Dispatch  one invocation per element of dx, folded over (x, y), so that
//           sums are always taken in the same order

override WG : u32 = 64u;

struct Params {
  length : u32, // elements of dx to compute
  C : u32,
  n : u32,
  first : u32, // element of dx, which is bound at outFirst
  dyFirst : u32,
  indexFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> dy : array<f32>;
@group(0) @binding(1) var<storage, read> indices : array<i32>;
@group(0) @binding(2) var<storage, read_write> dx : array<f32>;
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
  let row = i32((params.first + i) / params.C);
  let column = params.dyFirst + (params.first + i) % params.C;
  var total = 0.0;
  for (var k = 0u; k < params.n; k++) {
    if (indices[params.indexFirst + k] == row) {
      total += dy[column + k * params.C];
    }
  }
  dx[params.outFirst + i] = total;
}
