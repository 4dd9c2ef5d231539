// attention_gradient_rows: what the gradient of attention on matrix units reads
// of each query.
//
//   rows[i] = (kept[i], delta[i] a b, a, b)
//   a = 2^(14 - floor(log2 max |dy|)),  b = 2^(14 - floor(log2 max |v|))
//
// with the maxima over the head of query i. Factors a and b bring dy and v to
// where f16 has its eleven bits; the gradients are linear in both.
//
// Layout    kept, delta: [B H Lq]; dyMax, vMax: [B H]; rows: [B H Lq] of vec4
// Dispatch  one invocation per query, workgroups folded over (x, y)

override WG : u32 = 64u;

struct Params {
  first : u32, // of all queries
  length : u32, // of this part
  Lq : u32,
  keptFirst : u32,
  deltaFirst : u32,
  rowsFirst : u32, // in vec4
}

@group(0) @binding(0) var<storage, read> kept : array<f32>;
@group(0) @binding(1) var<storage, read> delta : array<f32>;
@group(0) @binding(2) var<storage, read> dyMax : array<f32>;
@group(0) @binding(3) var<storage, read> vMax : array<f32>;
@group(0) @binding(4) var<storage, read_write> rows : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

// exponents as stored: that of 1 is 127
fn factor(top : f32) -> f32 {
  let exponent = bitcast<u32>(top) >> 23u;
  return bitcast<f32>(min(127u + 14u + 127u - exponent, 253u) << 23u);
}

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
  let head = (params.first + i) / params.Lq;
  let a = factor(dyMax[head]);
  let b = factor(vMax[head]);
  rows[params.rowsFirst + i] =
    vec4f(kept[params.keptFirst + i], delta[params.deltaFirst + i] * a * b, a, b);
}
