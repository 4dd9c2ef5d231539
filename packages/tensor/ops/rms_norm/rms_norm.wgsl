// rms_norm: root mean square norm over the last axis.
//
//   y[r, d] = x[r, d] / sqrt(mean_d(x[r, d]^2) + eps) * weight[d]
//
// Source    Zhang & Sennrich 2019, eq. 4, https://arxiv.org/abs/1910.07467
// Layout    x, y: [R, D]; weight: [D]
// Dispatch  one workgroup per ROWS rows, folded over (x, y)

alias T = f32; // @include rows.wgsl
override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : T, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  rows : u32,
  D : u32, // in elements of T, as all here
  xFirst : u32,
  outFirst : u32,
  count : f32, // numbers in a row
  eps : f32,
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read> weight : array<T>;
@group(0) @binding(2) var<storage, read_write> y : array<T>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_id) local : vec3u,
) {
  let lane = local.x;
  let slot = local.y * LANES;
  let wanted = (group.y * groups.x + group.x) * ROWS + local.y;
  let row = min(wanted, params.rows - 1u); // all take part in the barriers
  let base = params.xFirst + row * params.D;

  var total = T(0.0);
  for (var d = lane; d < params.D; d += LANES) {
    let v = x[base + d];
    total += v * v;
  }
  let square = sumOfRow(total, lane, slot) / params.count;

  let scale = 1.0 / sqrt(square + params.eps);
  if (wanted >= params.rows) {
    return;
  }
  let to = params.outFirst + row * params.D;
  for (var d = lane; d < params.D; d += LANES) {
    y[to + d] = x[base + d] * scale * weight[d];
  }
}
