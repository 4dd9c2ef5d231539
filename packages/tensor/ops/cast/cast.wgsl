// cast: converts between f32, f16 and bf16, to the nearest, ties to even.
//
// Layout    x, out: flat; 16-bit types come two to a u32, low half first
// Dispatch  one invocation per two elements, workgroups folded over (x, y)
// Numerics  too large for f16 is infinite; NaN stays NaN

const FROM = 0u; // @spec type of x: 0 f32, 1 f16, 2 bf16
const TO = 2u; // @spec type of out

override WG : u32 = 64u;

struct Params {
  length : u32, // in pairs
  xFirst : u32, // in u32
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<u32>;
@group(0) @binding(1) var<storage, read_write> out : array<u32>;
@group(1) @binding(0) var<uniform> params : Params;

// f16 bits of an f32, from its bits, in integers as packing may round as it likes
fn toHalf(bits : u32) -> u32 {
  let sign = (bits >> 16u) & 0x8000u;
  let size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) {
    return sign | 0x7e00u; // NaN
  }
  if (size >= 0x477ff000u) {
    return sign | 0x7c00u; // 65520 and more
  }
  if (size < 0x33000000u) {
    return sign; // below 2^-25
  }
  if (size < 0x38800000u) { // subnormal
    let shift = 126u - (size >> 23u);
    let mantissa = (size & 0x7fffffu) | 0x800000u;
    let kept = mantissa >> shift;
    let rest = mantissa & ((1u << shift) - 1u);
    let tie = 1u << (shift - 1u);
    return sign | (kept + u32(rest > tie || (rest == tie && (kept & 1u) == 1u)));
  }
  return sign | ((size - 0x38000000u + 0xfffu + ((size >> 13u) & 1u)) >> 13u);
}

fn toBrain(bits : u32) -> u32 {
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return (bits >> 16u) | 0x40u; // NaN
  }
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}

// f32 bits of an f16, in integers as unpacking may flush subnormals
fn fromHalf(half : u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let exponent = (half >> 10u) & 0x1fu;
  let mantissa = half & 0x3ffu;
  if (exponent == 0x1fu) {
    return sign | 0x7f800000u | (mantissa << 13u);
  }
  if (exponent == 0u) {
    return sign | bitcast<u32>(f32(mantissa) * 5.9604645e-8); // 2^-24
  }
  return sign | ((exponent + 112u) << 23u) | (mantissa << 13u);
}

fn load(i : u32) -> vec2u {
  switch FROM {
    case 0u: {
      return vec2u(x[params.xFirst + 2u * i], x[params.xFirst + 2u * i + 1u]);
    }
    case 1u: {
      let word = x[params.xFirst + i];
      return vec2u(fromHalf(word & 0xffffu), fromHalf(word >> 16u));
    }
    default: {
      let word = x[params.xFirst + i];
      return vec2u(word << 16u, word & 0xffff0000u);
    }
  }
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
  let v = load(i);
  switch TO {
    case 0u: {
      out[params.outFirst + 2u * i] = v.x;
      out[params.outFirst + 2u * i + 1u] = v.y;
    }
    case 1u: {
      out[params.outFirst + i] = toHalf(v.x) | (toHalf(v.y) << 16u);
    }
    default: {
      out[params.outFirst + i] = toBrain(v.x) | (toBrain(v.y) << 16u);
    }
  }
}
