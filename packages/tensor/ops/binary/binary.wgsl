// binary: a function of two elements, with broadcasting.
//
//   out[i] = f(a[i], b[i])
//
// Layout    up to 8 axes, innermost first; a stride of 0 repeats. The type is
//           f32, or four of them where the innermost strides of a and out are
//           1 and that of b is 1, or 0 (B_ONE: a single value)
// Dispatch  one invocation per element, workgroups folded over (x, y)

alias T = f32; // @spec f32 | vec4f
alias TB = f32; // @spec f32 | vec4f, f32 with T = vec4f spreads one value
const FN = 0u; // @spec index into the functions below

override WG : u32 = 64u;

struct Params {
  extents : array<vec4u, 2>,
  aStrides : array<vec4u, 2>,
  bStrides : array<vec4u, 2>,
  outStrides : array<vec4u, 2>,
  length : u32,
  rank : u32,
  aFirst : u32,
  bFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> a : array<T>;
@group(0) @binding(1) var<storage, read> b : array<TB>;
@group(0) @binding(2) var<storage, read_write> out : array<T>;
@group(1) @binding(0) var<uniform> params : Params;

// 1 where v > w, 1/2 where they are equal, else 0
fn stepAt(v : T, w : T) -> T {
  let equal = select(T(0.0), T(0.5), v == w);
  return select(equal, T(1.0), v > w);
}

fn apply(v : T, w : T) -> T {
  switch FN {
    case 0u: { return v + w; }
    case 1u: { return v - w; }
    case 2u: { return v * w; }
    case 3u: { return v / w; }
    case 4u: { return max(v, w); }
    case 5u: { return min(v, w); }
    case 6u: { return w - v; }
    case 7u: { return w / v; }
    case 8u: { return stepAt(v, w); }
    default: { return stepAt(w, v); }
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
  var rest = i;
  var atA = params.aFirst;
  var atB = params.bFirst;
  var to = params.outFirst;
  for (var d = 0u; d < params.rank; d++) {
    // the outermost axis needs no division
    let extent = params.extents[d / 4u][d % 4u];
    var at = rest;
    if (d + 1u < params.rank) {
      rest = at / extent;
      at -= rest * extent;
    }
    atA += at * params.aStrides[d / 4u][d % 4u];
    atB += at * params.bStrides[d / 4u][d % 4u];
    to += at * params.outStrides[d / 4u][d % 4u];
  }
  out[to] = apply(a[atA], T(b[atB]));
}
