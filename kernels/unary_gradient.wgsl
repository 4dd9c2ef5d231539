// unary_gradient: gradient of a function of each element.
//
//   dx[i] = dy[i] f'(x[i])
//
// Layout    x, dy, dx: flat, padded to a multiple of 4
// Dispatch  one invocation per 4 elements, workgroups folded over (x, y)

const FN = 0u; // @spec index into the functions below

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

fn sigmoid(v : vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(min(-v, vec4f(88.0))));
}

// series near 0, where the exponentials would cancel
fn tanhExact(v : vec4f) -> vec4f {
  let s = v * v;
  let near = v * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0 + s * (-17.0 / 315.0
    + s * (62.0 / 2835.0 - s * (1382.0 / 155925.0))))));
  let far = 1.0 - 2.0 / (exp(min(2.0 * abs(v), vec4f(40.0))) + 1.0);
  return select(sign(v) * far, near, abs(v) < vec4f(0.3));
}

// Press et al., Numerical Recipes, 6.2: 1.2e-7 relative everywhere
fn erfc(v : vec4f) -> vec4f {
  let z = min(abs(v), vec4f(9.0));
  let t = 1.0 / (1.0 + 0.5 * z);
  let series = -1.26551223 + t * (1.00002368 + t * (0.37409196
    + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807
    + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223
    + t * 0.17087277))))))));
  let tail = t * exp(series - z * z);
  return select(tail, 2.0 - tail, v < vec4f(0.0));
}

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
