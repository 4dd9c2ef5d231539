// gather: rows of a table.
//
//   out[r, c] = table[indices[r], c]
//
// Layout    table: [V, C] of f32, or of f16 or bf16 two to a u32; out: [R, C].
//           Only rows from `begin` to `end` of the table are bound; other
//           indices are left to other dispatches
// Dispatch  one invocation per element of out, workgroups folded over (x, y)

const KIND = 0u; // @spec type of the table: 0 f32, 1 f16, 2 bf16

override WG : u32 = 64u;

struct Params {
  length : u32, // elements of out to write
  C : u32,
  V : u32,
  begin : u32,
  end : u32,
  tableFirst : u32,
  indicesFirst : u32,
  outFirst : u32,
}

@group(0) @binding(0) var<storage, read> table : array<u32>;
@group(0) @binding(1) var<storage, read> indices : array<i32>;
@group(0) @binding(2) var<storage, read_write> out : array<f32>;
@group(1) @binding(0) var<uniform> params : Params;

fn readTable(at : u32) -> f32 {
  switch KIND {
    case 0u: {
      return bitcast<f32>(table[at]);
    }
    case 1u: {
      return unpack2x16float(table[at / 2u])[at & 1u];
    }
    default: {
      return bitcast<f32>((table[at / 2u] >> ((at & 1u) * 16u)) << 16u);
    }
  }
}

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
  let r = i / params.C;
  let index = u32(clamp(indices[params.indicesFirst + r], 0, i32(params.V) - 1));
  if (index < params.begin || index >= params.end) {
    return;
  }
  let at = params.tableFirst + (index - params.begin) * params.C + i % params.C;
  out[params.outFirst + i] = readTable(at);
}
