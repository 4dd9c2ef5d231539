// softmax_gradient: gradient of a softmax by its input, from its output.
//
//   dx[r, c] = y[r, c] (dy[r, c] - sum_c(y[r] dy[r]))
//
// Layout    y, dy, dx: [R, C]
// Dispatch  one workgroup per ROWS rows, folded over (x, y)

alias T = f32; // @include rows.wgsl
override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : T, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  rows : u32,
  C : u32, // in elements of T, as all here
  xFirst : u32, // of y
  dyFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> y : array<T>;
@group(0) @binding(1) var<storage, read> dy : array<T>;
@group(0) @binding(2) var<storage, read_write> dx : array<T>;
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

  var along = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    along += y[base + c] * dy[dyBase + c];
  }
  let dot = sumOfRow(along, lane, slot);
  if (wanted >= params.rows) {
    return;
  }
  let to = params.outFirst + row * params.C;
  for (var c = lane; c < params.C; c += LANES) {
    dx[to + c] = y[base + c] * (dy[dyBase + c] - dot);
  }
}
