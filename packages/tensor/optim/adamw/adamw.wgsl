// adamw: one step of Adam with decoupled weight decay.
//
//   m' = m + (g - m) (1 - beta1), v' = beta2 v + (1 - beta2) g^2
//   p' = decay p - stepSize m' / (sqrt(v') denominatorScale + eps)
//
// Source    Loshchilov & Hutter 2019, algorithm 2, https://arxiv.org/abs/1711.05101
// Layout    all flat, padded to a multiple of 4
// Dispatch  one invocation per 4 elements, workgroups folded over (x, y)

override WG : u32 = 64u;

struct Params {
  first : u32, // vec4 at which the part to compute begins, in every array
  length : u32, // in vec4
  rest1 : f32, // 1 - beta1
  beta2 : f32,
  rest2 : f32, // 1 - beta2
  decay : f32,
  stepSize : f32,
  denominatorScale : f32,
  eps : f32,
}

@group(0) @binding(0) var<storage, read> param : array<vec4f>;
@group(0) @binding(1) var<storage, read> grad : array<vec4f>;
@group(0) @binding(2) var<storage, read> m : array<vec4f>;
@group(0) @binding(3) var<storage, read> v : array<vec4f>;
@group(0) @binding(4) var<storage, read_write> paramOut : array<vec4f>;
@group(0) @binding(5) var<storage, read_write> mOut : array<vec4f>;
@group(0) @binding(6) var<storage, read_write> vOut : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let at = (group.y * groups.x + group.x) * WG + lane;
  if (at >= params.length) {
    return;
  }
  let i = params.first + at;
  let g = grad[i];
  let mean = m[i] + (g - m[i]) * params.rest1;
  let square = v[i] * params.beta2 + g * g * params.rest2;
  mOut[i] = mean;
  vOut[i] = square;
  paramOut[i] = param[i] * params.decay - params.stepSize * mean
    / (sqrt(square) * params.denominatorScale + params.eps);
}
