// gemm_pack: rows of f32 as f16, scaled so that none overflows or vanishes.
//
//   y[r, k] = f16(x[r, k] / s[r]),  s[r] = 2^(floor(log2 max |x|) - 14)
//
// with the maximum over the rows of r's group. The scale is a power of two, so
// the only error is that of f16's eleven bits: s[r] y[r, k] is x[r, k] within
// 2^-12 of it, down to 2^-28 of the maximum.
//
// Layout    x: batch matrices [M, K]; maxima, s: [batch M]; y: [batch M, K8],
//           K8 the next multiple of 8, zeros from K on
// Dispatch  one workgroup per row, folded over (x, y)

const VECTOR = false; // @spec whether rows are aligned to four
alias T = f32; // @spec f32 | vec4f

const LANES = 64u;

struct Params {
  rows : u32, // of this part
  rowFirst : u32, // of all
  M : u32,
  K : u32,
  xFirst : u32, // where row 0 of all would be
  yFirst : u32, // in octets
  rowStride : u32,
  batchStride : u32,
  groupRows : u32, // rows that share a scale
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read> maxima : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<vec4u>;
@group(0) @binding(3) var<storage, read_write> scales : array<f32>;
@group(1) @binding(0) var<uniform> params : Params;

var<workgroup> partial : array<f32, LANES>;

fn four(base : u32, k : u32) -> vec4f {
  if (VECTOR) {
    return vec4f(x[select(0u, (base + k) / 4u, k < params.K)])
      * f32(k < params.K);
  }
  var v = vec4f(0.0);
  for (var j = 0u; j < 4u; j++) {
    if (k + j < params.K) {
      v[j] = vec4f(x[base + k + j]).x;
    }
  }
  return v;
}

fn packed(v : vec4f) -> vec2u {
  return vec2u(pack2x16float(v.xy), pack2x16float(v.zw));
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let wanted = group.y * groups.x + group.x;
  let row = params.rowFirst + min(wanted, params.rows - 1u);
  let first = row / params.groupRows * params.groupRows;
  var top = 0.0;
  for (var r = lane; r < params.groupRows; r += LANES) {
    top = max(top, maxima[first + r]);
  }
  partial[lane] = top;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[lane] = max(partial[lane], partial[lane + half]);
    }
    workgroupBarrier();
  }
  if (wanted >= params.rows) {
    return;
  }

  // exponents as stored: that of 1 is 127
  let exponent = bitcast<u32>(partial[0]) >> 23u;
  let up = min(127u + 14u + 127u - exponent, 253u);
  let factor = bitcast<f32>(up << 23u);
  if (lane == 0u) {
    scales[row] = bitcast<f32>((254u - up) << 23u);
  }
  let base = params.xFirst + row / params.M * params.batchStride
    + row % params.M * params.rowStride;
  let octets = (params.K + 7u) / 8u;
  let to = params.yFirst + row * octets;
  for (var o = lane; o < octets; o += LANES) {
    y[to + o] = vec4u(
      packed(four(base, o * 8u) * factor),
      packed(four(base, o * 8u + 4u) * factor),
    );
  }
}
