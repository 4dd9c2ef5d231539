// group_norm_stats: mean and sum of squared deviations of blocks of pixels.
//
// Layout    x: [B, P, C] with C = groups of `size` channels; the pixels of an
//           image are cut into blocks. stats: [B, blocks, groups] of
//           (mean, sum of squares around it)
// Dispatch  one invocation per block and group, folded over (x, y)

override WG : u32 = 64u;

struct Params {
  length : u32, // blocks times groups to compute, of one image
  groups : u32,
  size : u32, // channels of a group
  C : u32,
  P : u32,
  pixels : u32, // in a block
  xFirst : u32, // of the first block of this dispatch
  pixelFirst : u32, // likewise
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> stats : array<vec2f>;
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
  let begin = i / params.groups * params.pixels; // relative to pixelFirst
  let end = min(begin + params.pixels, params.P - params.pixelFirst);
  let base = params.xFirst + i % params.groups * params.size;

  var total = 0.0;
  for (var pixel = begin; pixel < end; pixel++) {
    for (var c = 0u; c < params.size; c++) {
      total += x[base + pixel * params.C + c];
    }
  }
  let mean = total / f32((end - begin) * params.size);

  var squares = 0.0;
  for (var pixel = begin; pixel < end; pixel++) {
    for (var c = 0u; c < params.size; c++) {
      let d = x[base + pixel * params.C + c] - mean;
      squares += d * d;
    }
  }
  stats[params.outFirst + i] = vec2f(mean, squares);
}
