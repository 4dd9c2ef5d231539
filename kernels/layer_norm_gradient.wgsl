// layer_norm_gradient: gradient of a layer norm by its input.
//
//   dx[r, c] = s (g[r, c] - mean_c(g[r]) - n[r, c] mean_c(g[r] n[r]))
//   n = s (x - mean_c(x)), s = 1 / sqrt(var_c(x) + eps), g = dy weight
//
// Layout    x, dy, dx: [R, C]; weight: [C] or absent
// Dispatch  one workgroup per ROWS rows, folded over (x, y)

alias T = f32; // @spec f32 | vec4f, the latter if C is a multiple of 4
const VECTOR = false; // @spec whether T is vec4f

override LANES : u32 = 64u; // invocations that share a row, a power of two
override ROWS : u32 = 1u; // rows of a workgroup

struct Params {
  rows : u32,
  C : u32, // in elements of T, as all here
  xFirst : u32,
  dyFirst : u32,
  outFirst : u32,
  hasWeight : u32,
  count : f32, // numbers in a row
  eps : f32,
}

@group(0) @binding(0) var<storage, read> x : array<T>;
@group(0) @binding(1) var<storage, read> dy : array<T>;
@group(0) @binding(2) var<storage, read> weight : array<T>;
@group(0) @binding(3) var<storage, read_write> dx : array<T>;
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

// gradient of element c of the normed row
fn incoming(at : u32, c : u32) -> T {
  var g = dy[at + c];
  if (params.hasWeight != 0u) {
    g *= weight[c];
  }
  return g;
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

  // means of x and of the gradient of the normed row
  var total = T(0.0);
  var sum = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    total += x[base + c];
    sum += incoming(dyBase, c);
  }
  let mean = sumOfRow(sumOf(total), lane, slot) / params.count;
  let meanGradient = sumOfRow(sumOf(sum), lane, slot) / params.count;

  // variance, and the part of the gradient along x
  var squares = T(0.0);
  var along = T(0.0);
  for (var c = lane; c < params.C; c += LANES) {
    let d = x[base + c] - mean;
    squares += d * d;
    along += d * incoming(dyBase, c);
  }
  let variance = sumOfRow(sumOf(squares), lane, slot) / params.count;
  let dot = sumOfRow(sumOf(along), lane, slot) / params.count;

  let scale = 1.0 / sqrt(variance + params.eps);
  if (wanted >= params.rows) {
    return;
  }
  let slope = dot * scale * scale;
  let to = params.outFirst + row * params.C;
  for (var c = lane; c < params.C; c += LANES) {
    dx[to + c] = scale
      * (incoming(dyBase, c) - meanGradient - (x[base + c] - mean) * slope);
  }
}
