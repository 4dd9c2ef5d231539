// unary_gradient: gradient of a function of each element.
//
//   dx[i] = dy[i] f'(x[i]), with f of unary_functions.wgsl
//
// Layout    x, dy, dx: flat, padded to a multiple of 4
// Dispatch  one invocation per 4 elements, workgroups folded over (x, y)

const FN = 0u; // @include unary_functions.wgsl
fn sigmoid(v : vec4f) -> vec4f { return v; } // @include unary_functions.wgsl
fn tanhExact(v : vec4f) -> vec4f { return v; } // @include unary_functions.wgsl
fn erfc(v : vec4f) -> vec4f { return v; } // @include unary_functions.wgsl

override WG : u32 = 64u;

struct Params {
  xFirst : u32, // vec4 at which the part to compute begins
  dyFirst : u32,
  outFirst : u32,
  length : u32, // in vec4
}

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read> dy : array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

// of v sigmoid(u), by v, where u has this slope
fn gated(v : vec4f, u : vec4f, slope : vec4f) -> vec4f {
  return sigmoid(u) * (1.0 + v * slope * sigmoid(-u));
}

fn derivative(v : vec4f) -> vec4f {
  switch FN {
    case 0u: { return vec4f(-1.0); } // neg
    case 1u: { return sign(v); } // abs
    case 2u: { return exp(v); }
    case 3u: { return 1.0 / v; } // log
    case 4u: { return 0.5 / sqrt(v); }
    case 5u: { return 2.0 * v; } // square
    case 6u: {
      let t = tanhExact(v);
      return 1.0 - t * t;
    }
    case 7u: { return sigmoid(v) * sigmoid(-v); }
    case 8u: { return gated(v, v, vec4f(1.0)); } // silu
    case 9u: { // gelu
      return 0.5 * erfc(-0.70710678 * v) + 0.39894228 * v * exp(-0.5 * v * v);
    }
    case 10u: { // geluTanh
      let u = 1.5957691 * (v + 0.044715 * v * v * v);
      return gated(v, u, 1.5957691 * (1.0 + 0.134145 * v * v));
    }
    default: { return gated(v, 1.702 * v, vec4f(1.702)); } // quickGelu
  }
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < params.length) {
    dx[params.outFirst + i] =
      dy[params.dyFirst + i] * derivative(x[params.xFirst + i]);
  }
}
