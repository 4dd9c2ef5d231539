// rms_norm_rope: root mean square norm of each head, rotated, heads first.
//
//   n[b, l, h] = x[b, l, h] / sqrt(mean_d(x[b, l, h, d]^2) + eps) * weight
//   y[b, h, first + l, 2i]     = n[2i] cos[first + l, i] - n[2i + 1] sin[first + l, i]
//   y[b, h, first + l, 2i + 1] = n[2i] sin[first + l, i] + n[2i + 1] cos[first + l, i]
//
// Source    rms_norm.wgsl and rope.wgsl
// Layout    x: [B, L, H, D]; y: [B, H, Lout, D]; weight: [D], all as pairs;
//           cos, sin: [Lout, D / 2]
// Dispatch  one workgroup per ROWS rows of x, folded over (x, y)

override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : f32, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  rows : u32, // tokens times heads to compute
  heads : u32, // of each token to compute
  pairs : u32, // in a row
  H : u32,
  L : u32,
  Lout : u32,
  first : u32, // row of y and of the tables of the first token
  xFirst : u32, // in pairs, as outFirst
  outFirst : u32,
  count : f32, // numbers in a row
  eps : f32,
}

@group(0) @binding(0) var<storage, read> x : array<vec2f>;
@group(0) @binding(1) var<storage, read> weight : array<vec2f>;
@group(0) @binding(2) var<storage, read> cosines : array<f32>;
@group(0) @binding(3) var<storage, read> sines : array<f32>;
@group(0) @binding(4) var<storage, read_write> y : array<vec2f>;
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
  let token = row / params.heads;
  let head = row % params.heads;
  let base = params.xFirst + (token * params.H + head) * params.pairs;

  var total = vec2f(0.0);
  for (var i = lane; i < params.pairs; i += LANES) {
    let v = x[base + i];
    total += v * v;
  }
  let square = sumOfRow(total.x + total.y, lane, slot) / params.count;

  let scale = 1.0 / sqrt(square + params.eps);
  if (wanted >= params.rows) {
    return;
  }
  let place = params.first + token % params.L;
  let table = place * params.pairs;
  let to = params.outFirst
    + ((token / params.L * params.H + head) * params.Lout + place) * params.pairs;
  for (var i = lane; i < params.pairs; i += LANES) {
    let n = x[base + i] * scale * weight[i];
    let c = cosines[table + i];
    let s = sines[table + i];
    y[to + i] = vec2f(n.x * c - n.y * s, n.x * s + n.y * c);
  }
}
