// group_norm_apply: normalizes with known statistics, then SiLU if asked for.
//
//   v[b, p, c] = (x[b, p, c] - mean[b, g]) rstd[b, g] weight[c] + bias[c]
//   y = v, or v / (1 + exp(-v)); g = c / size
//
// Source    Wu & He 2018, eq. 1 and 7, https://arxiv.org/abs/1803.08494
// Layout    x, y: [B, P, C]; stats: [B, groups] of (mean, rstd)
// Dispatch  one invocation per element, workgroups folded over (x, y)

const SILU = 0u; // @spec 1 to apply SiLU

override WG : u32 = 64u;

struct Params {
  first : u32, // element of x, of which the first is bound at xFirst
  length : u32,
  C : u32,
  PC : u32, // elements of an image
  size : u32, // channels of a group
  groups : u32,
  xFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> stats : array<vec2f>;
@group(0) @binding(2) var<storage, read> weight : array<f32>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> y : array<f32>;
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
  let c = at % params.C;
  let part = stats[at / params.PC * params.groups + c / params.size];
  var v = (x[params.xFirst + i] - part.x) * part.y * weight[c] + bias[c];
  if (SILU == 1u) {
    v = v / (1.0 + exp(min(-v, 88.0)));
  }
  y[params.outFirst + i] = v;
}
