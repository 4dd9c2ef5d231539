// row_dot: products of two rows each.
//
//   y[r] = sum_c a[r, c] b[r, c]
//
// Layout    a, b: [R, C]; y: [R]
// Dispatch  one workgroup per ROWS rows, folded over (x, y)

alias T = f32; // @include rows.wgsl
override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : T, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  rows : u32,
  C : u32, // in elements of T, as aFirst and bFirst
  aFirst : u32,
  bFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> a : array<T>;
@group(0) @binding(1) var<storage, read> b : array<T>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
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

  var total = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    total += a[params.aFirst + row * params.C + c] * b[params.bFirst + row * params.C + c];
  }
  let sum = sumOfRow(total, lane, slot);
  if (wanted < params.rows && lane == 0u) {
    y[params.outFirst + row] = sum;
  }
}
