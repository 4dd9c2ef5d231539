// copy: moves elements between strided arrays.
//
//   out[first + sum_d i[d] out_strides[d]] = x[first + sum_d i[d] x_strides[d]]
//
// Layout    up to 8 axes, innermost first; a stride of 0 repeats. The type is
//           u32, or four of them where all innermost strides are 1
// Dispatch  one invocation per element, workgroups folded over (x, y)

alias T = u32; // @spec u32 | vec4u

override WG : u32 = 64u;

struct Params {
  extents : array<vec4u, 2>,
  xStrides : array<vec4u, 2>,
  outStrides : array<vec4u, 2>,
  length : u32,
  rank : u32,
  xFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read_write> out : array<T>;
@group(1) @binding(0) var<uniform> params : Params;

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
  var source = params.xFirst;
  var to = params.outFirst;
  for (var d = 0u; d < params.rank; d++) {
    // the outermost axis needs no division
    let extent = params.extents[d / 4u][d % 4u];
    var at = rest;
    if (d + 1u < params.rank) {
      rest = at / extent;
      at -= rest * extent;
    }
    source += at * params.xStrides[d / 4u][d % 4u];
    to += at * params.outStrides[d / 4u][d % 4u];
  }
  out[to] = x[source];
}
