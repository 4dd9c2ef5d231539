import { blocksWgsl, type BlockType } from "../../webgpu/blocks.ts";

/**
 * Writes the WGSL that widens quantised blocks to f32, exactly.
 *
 * Dispatch: one invocation per four elements, workgroups folded over (x, y).
 *
 * @param type Type of the blocks.
 * @returns WGSL text with entry point `main`.
 */
export function dequantizeWgsl(type: BlockType): string {
  return `override WG : u32 = 64u;

struct Params {
  length : u32, // in fours
  first : u32, // byte
  outFirst : u32, // in fours
}

@group(0) @binding(0) var<storage, read> blocks : array<u32>;
@group(0) @binding(1) var<storage, read_write> out : array<vec4f>;
@group(1) @binding(0) var<uniform> params : Params;

${blocksWgsl(type, "blocks")}

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
  out[params.outFirst + i] = quadOf(params.first, 4u * i);
}
`;
}
