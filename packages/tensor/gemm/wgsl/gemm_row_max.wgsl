// gemm_row_max: largest magnitude of each row.
//
//   y[r] = max_k |x[r, k]|
//
// Layout    x: batch matrices [M, K]; y: [batch M]
// Dispatch  one workgroup per row, folded over (x, y)

alias T = f32; // @spec f32 | vec4f, the latter if rows are aligned

const LANES = 64u;

struct Params {
  rows : u32, // of this part
  rowFirst : u32, // of all
  M : u32,
  K : u32, // in elements of T, as the next three
  xFirst : u32, // where row 0 of all would be
  rowStride : u32,
  batchStride : u32,
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;
@group(1) @binding(0) var<uniform> params : Params;

var<workgroup> partial : array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let wanted = group.y * groups.x + group.x;
  let row = params.rowFirst + min(wanted, params.rows - 1u);
  let base = params.xFirst + row / params.M * params.batchStride
    + row % params.M * params.rowStride;
  var top = T(0.0);
  for (var k = lane; k < params.K; k += LANES) {
    top = max(top, abs(x[base + k]));
  }
  let four = vec4f(top);
  partial[lane] = max(max(four.x, four.y), max(four.z, four.w));
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[lane] = max(partial[lane], partial[lane + half]);
    }
    workgroupBarrier();
  }
  if (lane == 0u && wanted < params.rows) {
    y[row] = partial[0];
  }
}
