// rms_norm_gradient: gradient of a root mean square norm by its input.
//
//   dx[r, d] = s (g[r, d] - n[r, d] mean_d(g[r] n[r]))
//   n = s x, s = 1 / sqrt(mean_d(x^2) + eps), g = dy weight
//
// Layout    x, dy, dx: [R, C]; weight: [C]
// Dispatch  one workgroup per ROWS rows, folded over (x, y)

alias T = f32; // @include rows.wgsl
override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : T, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  rows : u32,
  C : u32, // in elements of T, as all here
  xFirst : u32,
  dyFirst : u32,
  outFirst : u32,
  count : f32, // numbers in a row
  eps : f32,
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read> dy : array<T>;
@group(0) @binding(2) var<storage, read> weight : array<T>;
@group(0) @binding(3) var<storage, read_write> dx : array<T>;
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
  let base = params.xFirst + row * params.C;
  let dyBase = params.dyFirst + row * params.C;

  var total = T(0.0);
  var along = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    let v = x[base + c];
    total += v * v;
    along += v * dy[dyBase + c] * weight[c];
  }
  let square = sumOfRow(total, lane, slot) / params.count;
  let dot = sumOfRow(along, lane, slot) / params.count;

  let scale = 1.0 / sqrt(square + params.eps);
  if (wanted >= params.rows) {
    return;
  }
  let slope = dot * scale * scale;
  let to = params.outFirst + row * params.C;
  for (var c = lane; c < params.C; c += LANES) {
    dx[to + c] = scale * (dy[dyBase + c] * weight[c] - x[base + c] * slope);
  }
}
