// layer_norm: normalizes each row to mean 0 and variance 1.
//
//   y[r, c] = (x[r, c] - mean_c(x[r])) / sqrt(var_c(x[r]) + eps)
//             * (one + weight[s, c]) + bias[s, c], s = r / sampleRows
//
// Source    Ba et al. 2016, eq. 3 and 4, https://arxiv.org/abs/1607.06450
// Layout    x, y: [R, C]; weight, bias: [C] with one = 0, or absent; as scale
//           and shift of each sample [B, C] with one = 1
// Dispatch  one workgroup per ROWS rows, folded over (x, y)
// Numerics  the variance is summed around the mean, in f32

alias T = f32; // @include rows.wgsl
override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : T, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  rows : u32,
  C : u32, // in elements of T, as all here
  xFirst : u32,
  outFirst : u32,
  hasWeight : u32,
  hasBias : u32,
  rowFirst : u32, // row of all at which the part to compute begins
  sampleRows : u32, // rows that share weight and bias
  one : f32,
  count : f32, // numbers in a row
  eps : f32,
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read> weight : array<T>;
@group(0) @binding(2) var<storage, read> bias : array<T>;
@group(0) @binding(3) var<storage, read_write> y : array<T>;
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

  // mean
  var total = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    total += x[base + c];
  }
  let mean = sumOfRow(total, lane, slot) / params.count;

  // variance
  total = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    let d = x[base + c] - mean;
    total += d * d;
  }
  let variance = sumOfRow(total, lane, slot) / params.count;

  let scale = 1.0 / sqrt(variance + params.eps);
  if (wanted >= params.rows) {
    return;
  }
  let to = params.outFirst + row * params.C;
  let sample = (params.rowFirst + row) / params.sampleRows * params.C;
  for (var c = lane; c < params.C; c += LANES) {
    var v = (x[base + c] - mean) * scale;
    if (params.hasWeight != 0u) {
      v *= params.one + weight[sample + c];
    }
    if (params.hasBias != 0u) {
      v += bias[sample + c];
    }
    y[to + c] = v;
  }
}
