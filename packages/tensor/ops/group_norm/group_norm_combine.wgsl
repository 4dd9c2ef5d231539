// group_norm_combine: joins the statistics of all blocks of an image.
//
// Source    Chan et al. 1979, eq. 1.5
// Layout    stats: [B, blocks, groups] of (mean, sum of squares around it);
//           out: [B, groups] of (mean, 1 / sqrt(variance + eps))
// Dispatch  one invocation per image and group, folded over (x, y)

override WG : u32 = 64u;

struct Params {
  length : u32, // B times groups
  groups : u32,
  blocks : u32,
  size : u32, // numbers of a full block
  lastSize : u32, // numbers of the last block of an image
  eps : f32,
}

@group(0) @binding(0) var<storage, read> stats : array<vec2f>;
@group(0) @binding(1) var<storage, read_write> out : array<vec2f>;
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
  let base = i / params.groups * params.blocks * params.groups + i % params.groups;
  let size = f32(params.size);
  let lastSize = f32(params.lastSize);
  let last = params.blocks - 1u;
  let count = size * f32(last) + lastSize;

  var mean = 0.0;
  for (var block = 0u; block < params.blocks; block++) {
    let n = select(size, lastSize, block == last);
    mean += n / count * stats[base + block * params.groups].x;
  }

  var squares = 0.0;
  for (var block = 0u; block < params.blocks; block++) {
    let n = select(size, lastSize, block == last);
    let part = stats[base + block * params.groups];
    let d = part.x - mean;
    squares += part.y + n * d * d;
  }
  out[i] = vec2f(mean, 1.0 / sqrt(squares / count + params.eps));
}
