// rows: what the kernels over rows share. LANES invocations reduce a row
// together, and a workgroup has ROWS rows.

alias T = f32; // @spec f32 | vec4f, the latter if rows are multiples of 4
const VECTOR = false; // @spec whether T is vec4f

override LANES : u32 = 1u; // a power of two
override ROWS : u32 = 64u;

var<workgroup> partial : array<f32, LANES * ROWS>;

// sum over a row, of which each lane gives its part; one alone needs no barrier
fn sumOfRow(part : T, lane : u32, slot : u32) -> f32 {
  let v = vec4f(part);
  let sum = select(v.x, v.x + v.y + v.z + v.w, VECTOR);
  if (LANES == 1u) {
    return sum;
  }
  workgroupBarrier();
  partial[slot + lane] = sum;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[slot + lane] += partial[slot + lane + half];
    }
    workgroupBarrier();
  }
  return partial[slot];
}

// largest number of a row, of which each lane gives that of its part
fn maxOfRow(part : f32, lane : u32, slot : u32) -> f32 {
  if (LANES == 1u) {
    return part;
  }
  workgroupBarrier();
  partial[slot + lane] = part;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[slot + lane] = max(partial[slot + lane], partial[slot + lane + half]);
    }
    workgroupBarrier();
  }
  return partial[slot];
}
