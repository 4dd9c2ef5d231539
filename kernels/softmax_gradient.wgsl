// softmax_gradient: gradient of a softmax by its input, from its output.
//
//   dx[r, c] = y[r, c] (dy[r, c] - sum_c(y[r] dy[r]))
//
// Layout    y, dy, dx: [R, C]
// Dispatch  one workgroup per ROWS rows, folded over (x, y)

alias T = f32; // @spec f32 | vec4f, the latter if C is a multiple of 4
const VECTOR = false; // @spec whether T is vec4f

override LANES : u32 = 64u; // invocations that share a row, a power of two
override ROWS : u32 = 1u; // rows of a workgroup

struct Params {
  rows : u32,
  C : u32, // in elements of T, as all here
  xFirst : u32, // of y
  dyFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> y : array<T>;
@group(0) @binding(1) var<storage, read> dy : array<T>;
@group(0) @binding(2) var<storage, read_write> dx : array<T>;
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
  workgroupBarrier();
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
  let base = params.xFirst + row * params.C;
  let dyBase = params.dyFirst + row * params.C;

  var along = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    along += y[base + c] * dy[dyBase + c];
  }
  let dot = sumOfRow(sumOf(along), lane, slot);
  if (wanted >= params.rows) {
    return;
  }
  let to = params.outFirst + row * params.C;
  for (var c = lane; c < params.C; c += LANES) {
    dx[to + c] = y[base + c] * (dy[dyBase + c] - dot);
  }
}
