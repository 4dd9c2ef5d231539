// modulate: adaptive scale and shift of each sample's tokens.
//
//   y[b, l, c] = x[b, l, c] (1 + scale[b, c]) + shift[b, c]
//
// Source    Peebles & Xie 2023, section 3.2, https://arxiv.org/abs/2212.09748
// Layout    x, y: [B, L, C]; shift, scale: [B, C]
// Dispatch  one invocation per element, workgroups folded over (x, y)

alias T = f32; // @spec f32 | vec4f, the latter if C is a multiple of 4

override WG : u32 = 64u;

struct Params {
  first : u32, // element of x, of which the first is bound at xFirst
  length : u32,
  C : u32, // in elements of T, as all here
  LC : u32,
  xFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read> shift : array<T>;
@group(0) @binding(2) var<storage, read> scale : array<T>;
@group(0) @binding(3) var<storage, read_write> y : array<T>;
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
  let at = params.first + i;
  let bc = at / params.LC * params.C + at % params.C;
  y[params.outFirst + i] = x[params.xFirst + i] * (T(1.0) + scale[bc]) + shift[bc];
}
