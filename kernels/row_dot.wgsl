// row_dot: products of two rows each.
//
//   y[r] = sum_c a[r, c] b[r, c]
//
// Layout    a, b: [R, C]; y: [R]
// Dispatch  one workgroup per ROWS rows, folded over (x, y)

alias T = f32; // @spec f32 | vec4f, the latter if C is a multiple of 4
const VECTOR = false; // @spec whether T is vec4f

override LANES : u32 = 16u; // invocations that share a row, a power of two
override ROWS : u32 = 4u; // rows of a workgroup

struct Params {
  rows : u32,
  C : u32, // in elements of T, as aFirst and bFirst
  aFirst : u32,
  bFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> a : array<T>;
@group(0) @binding(1) var<storage, read> b : array<T>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
@group(1) @binding(0) var<uniform> params : Params;

// sum of the components, whether T is one number or four
fn sumOf(v : T) -> f32 {
  let w = vec4f(v);
  return select(w.x, w.x + w.y + w.z + w.w, VECTOR);
}

var<workgroup> partial : array<f32, LANES * ROWS>;

// sum over the invocations of a row; one alone needs no barrier
fn sumOfRow(value : f32, lane : u32, slot : u32) -> f32 {
  if (LANES == 1u) {
    return value;
  }
  partial[slot + lane] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[slot + lane] += partial[slot + lane + half];
    }
    workgroupBarrier();
  }
  return partial[slot];
}

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_id) local : vec3u,
) {
  let lane = local.x;
  let slot = local.y * LANES;
  let wanted = (group.y * groups.x + group.x) * ROWS + local.y;
  let row = min(wanted, params.rows - 1u); // all take part in the barriers

  var total = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    total += a[params.aFirst + row * params.C + c] * b[params.bFirst + row * params.C + c];
  }
  let sum = sumOfRow(sumOf(total), lane, slot);
  if (wanted < params.rows && lane == 0u) {
    y[params.outFirst + row] = sum;
  }
}
