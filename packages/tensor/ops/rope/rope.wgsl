// rope: rotary position embedding of interleaved pairs.
//
//   y[2i]     = x[2i] cos[l, i] - x[2i + 1] sin[l, i]
//   y[2i + 1] = x[2i] sin[l, i] + x[2i + 1] cos[l, i]
//
// Source    Su et al. 2021, eq. 15, https://arxiv.org/abs/2104.09864
// Layout    x, y: [B, H, L, D] as pairs; cos, sin: [L, D / 2]
// Dispatch  one invocation per pair, workgroups folded over (x, y)

override WG : u32 = 64u;

struct Params {
  first : u32, // pair of x, of which the first is bound at xFirst
  length : u32, // pairs
  table : u32, // numbers in cos, L D / 2
  xFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<vec2f>;
@group(0) @binding(1) var<storage, read> cosines : array<f32>;
@group(0) @binding(2) var<storage, read> sines : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<vec2f>;
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
  let angle = (params.first + i) % params.table;
  let c = cosines[angle];
  let s = sines[angle];
  let v = x[params.xFirst + i];
  y[params.outFirst + i] = vec2f(v.x * c - v.y * s, v.x * s + v.y * c);
}
