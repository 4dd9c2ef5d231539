// attention_gradient_rows: what the gradient of attention on matrix units reads
// of each query.
//
//   rows[i] = (kept[i], b Σ_c round(a dy[i, c]) y[i, c], a, b)
//   a = 2^(14 - floor(log2 max |dy|)),  b = 2^(14 - floor(log2 max |v|))
//
// with the maxima over the head of query i. Factors a and b bring dy and v to
// where f16 has its eleven bits; the gradients are linear in both.
//
// Numerics  dy is rounded as the factor of dy vᵀ is: where one key has nearly all
//           the weight, the sum and that product cancel
//
// Layout    kept: [B H Lq]; dy, y: [B H Lq, D]; dyMax, vMax: [B H];
//           rows: [B H Lq] of vec4
// Dispatch  one workgroup per ROWS queries, folded over (x, y)

override LANES : u32 = 1u; // @include rows.wgsl
override ROWS : u32 = 64u; // @include rows.wgsl
fn sumOfRow(part : f32, lane : u32, slot : u32) -> f32 { return part; } // @include rows.wgsl

struct Params {
  first : u32, // of all queries
  length : u32, // of this part
  Lq : u32,
  C : u32, // in vec4, as dyFirst and yFirst
  f16 : u32, // whether factors are, else they are f32
  keptFirst : u32,
  dyFirst : u32,
  yFirst : u32,
  rowsFirst : u32, // in vec4
}

@group(0) @binding(0) var<storage, read> kept : array<f32>;
@group(0) @binding(1) var<storage, read> dy : array<vec4f>;
@group(0) @binding(2) var<storage, read> y : array<vec4f>;
@group(0) @binding(3) var<storage, read> dyMax : array<f32>;
@group(0) @binding(4) var<storage, read> vMax : array<f32>;
@group(0) @binding(5) var<storage, read_write> rows : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

// exponents as stored: that of 1 is 127
fn factor(top : f32) -> f32 {
  let exponent = bitcast<u32>(top) >> 23u;
  return bitcast<f32>(min(127u + 14u + 127u - exponent, 253u) << 23u);
}

// eleven bits, the nearest, of ties the even; Mesa 25 takes back unpack2x16float
// of pack2x16float
fn rounded(x : vec4f) -> vec4f {
  let bits = bitcast<vec4u>(x);
  let near = (bits + 0xfffu + (bits >> vec4u(13u)) % 2u) & vec4u(0xffffe000u);
  return select(x, bitcast<vec4f>(near), params.f16 != 0u);
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
  let row = min(wanted, params.length - 1u); // all take part in the barriers
  let head = (params.first + row) / params.Lq;
  let a = factor(dyMax[head]);
  let b = factor(vMax[head]);
  var total = 0.0;
  for (var c = lane; c < params.C; c += LANES) {
    let at = row * params.C + c;
    total += dot(rounded(a * dy[params.dyFirst + at]), y[params.yFirst + at]);
  }
  let delta = b * sumOfRow(total, lane, slot);
  if (wanted < params.length && lane == 0u) {
    rows[params.rowsFirst + row] = vec4f(kept[params.keptFirst + row], delta, a, b);
  }
}
