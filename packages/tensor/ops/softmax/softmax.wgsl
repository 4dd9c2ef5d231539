// softmax: exponentials of each row, divided by their sum.
//
//   y[r, c] = exp(s[r, c] - max_c s[r]) / sum_c exp(s[r, c] - max_c s[r])
//   s[r, c] = scale x[r, c] + bias[r, c]
//
// Layout    x, y: [R, C], where row r is query r mod Lq of batch and head
//           r / Lq; bias: [1 | B, 1 | H, Lq, C], or absent
// Dispatch  one workgroup per ROWS rows, folded over (x, y)
// Numerics  terms below exp(-87) count as 0, so that -inf in the bias is safe

override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : f32, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl
fn maxOfRow(part : f32, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  rows : u32,
  C : u32,
  xFirst : u32,
  outFirst : u32,
  hasBias : u32,
  Lq : u32, // queries of each head among the rows
  H : u32,
  headFirst : u32, // batch and head of row 0 of all
  rowFirst : u32, // row of all at which the part to compute begins
  biasFirst : u32,
  biasBatch : u32, // stride, or 0 if shared
  biasHead : u32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> bias : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
@group(1) @binding(0) var<uniform> params : Params;

fn score(at : u32, biasAt : u32) -> f32 {
  var s = params.scale * x[at];
  if (params.hasBias != 0u) {
    s += bias[biasAt];
  }
  return s;
}

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
  let query = params.rowFirst + row;
  let head = params.headFirst + query / params.Lq;
  let biasBase = params.biasFirst + head / params.H * params.biasBatch
    + head % params.H * params.biasHead + query % params.Lq * params.C;

  var top = -3.0e38;
  for (var c = lane; c < params.C; c += LANES) {
    top = max(top, score(base + c, biasBase + c));
  }
  top = maxOfRow(top, lane, slot);

  var total = 0.0;
  for (var c = lane; c < params.C; c += LANES) {
    let s = score(base + c, biasBase + c) - top;
    total += select(0.0, exp(s), s > -87.0);
  }
  total = sumOfRow(total, lane, slot);

  if (wanted >= params.rows) {
    return;
  }
  let to = params.outFirst + row * params.C;
  for (var c = lane; c < params.C; c += LANES) {
    let s = score(base + c, biasBase + c) - top;
    y[to + c] = select(0.0, exp(s), s > -87.0) / total;
  }
}
