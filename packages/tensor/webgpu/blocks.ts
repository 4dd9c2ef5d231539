import { NF4_CODE } from "@edit-transfer/weights";
import { DTYPE_BLOCKS, type QuantizedDType as BlockType } from "../dtype.ts";

export type { BlockType };

const FIFTH_OF_32 = (at: number) =>
  `let fifth = (word(at + ${at}u) >> i) & 15u;
  let high = vec4u(fifth, fifth >> 1u, fifth >> 2u, fifth >> 3u) & vec4u(1u);`;

/** Scale and offset of 32 elements of a K type: 6 bits each, in 12 bytes. */
const SUB_SCALES = `let sub = i / 32u;
  var scale = byte(at + 4u + sub);
  var offset = byte(at + 8u + sub);
  if (sub < 4u) {
    scale &= 63u;
    offset &= 63u;
  } else {
    let both = offset;
    offset = (both >> 4u) | ((scale >> 2u) & 48u);
    scale = (both & 15u) | ((byte(at + sub) >> 2u) & 48u);
  }
  let d = half(at) * f32(scale);
  let m = half(at + 2u) * f32(offset);`;

/** What follows `fn quad(at, i)`: elements i to i + 3 of the block at byte at. */
const QUADS: Readonly<Record<BlockType, string>> = {
  q4_0: `return half(at) * (vec4f(nibbles(at + 2u, i)) - 8.0);`,
  q4_1: `return half(at) * vec4f(nibbles(at + 4u, i)) + half(at + 2u);`,
  q5_0: `${FIFTH_OF_32(2)}
  return half(at) * (vec4f(nibbles(at + 6u, i) | (high << vec4u(4u))) - 16.0);`,
  q5_1: `${FIFTH_OF_32(4)}
  return half(at) * vec4f(nibbles(at + 8u, i) | (high << vec4u(4u))) + half(at + 2u);`,
  q8_0: `return half(at) * vec4f(unpack4xI8(word(at + 2u + i)));`,
  q2_k: `let scales = byte(at + i / 16u);
  let q = word(at + 16u + 32u * (i / 128u) + i % 32u) >> (2u * (i / 32u % 4u));
  let d = half(at + 80u) * f32(scales & 15u);
  let m = half(at + 82u) * f32(scales >> 4u);
  return d * vec4f(unpack4xU8(q & 0x03030303u)) - m;`,
  q3_k: `let sub = i / 16u;
  let low = byte(at + 96u + sub % 8u) >> (4u * (sub / 8u));
  let top = byte(at + 104u + sub % 4u) >> (2u * (sub / 4u));
  let scale = f32((low & 15u) | ((top & 3u) << 4u)) - 32.0;
  let q = word(at + 32u + 32u * (i / 128u) + i % 32u) >> (2u * (i / 32u % 4u));
  let high = (word(at + i % 32u) >> (i / 32u)) & 0x01010101u;
  let both = (q & 0x03030303u) | (high << 2u);
  return half(at + 108u) * scale * (vec4f(unpack4xU8(both)) - 4.0);`,
  q4_k: `${SUB_SCALES}
  let q = word(at + 16u + 32u * (sub / 2u) + i % 32u) >> (4u * (sub & 1u));
  return d * vec4f(unpack4xU8(q & 0x0f0f0f0fu)) - m;`,
  q5_k: `${SUB_SCALES}
  let q = word(at + 48u + 32u * (sub / 2u) + i % 32u) >> (4u * (sub & 1u));
  let fifth = (word(at + 16u + i % 32u) >> sub) & 0x01010101u;
  return d * vec4f(unpack4xU8((q & 0x0f0f0f0fu) | (fifth << 4u))) - m;`,
  q6_k: `let quarter = (i / 32u) % 4u;
  let low = word(at + 64u * (i / 128u) + i % 64u) >> (4u * (quarter / 2u));
  let high = word(at + 128u + 32u * (i / 128u) + i % 32u) >> (2u * quarter);
  let q = unpack4xU8((low & 0x0f0f0f0fu) | ((high & 0x03030303u) << 4u));
  let scale = f32(bitcast<i32>(byte(at + 192u + i / 16u) << 24u) >> 24u);
  return half(at + 208u) * scale * (vec4f(q) - 32.0);`,
  iq4_nl: `return half(at) * tabled(nibbles(at + 2u, i));`,
  iq4_xs: `let sub = i / 32u;
  let low = byte(at + 4u + sub / 2u) >> (4u * (sub & 1u));
  let high = word(at + 2u) >> (2u * sub);
  let scale = f32((low & 15u) | ((high & 3u) << 4u)) - 32.0;
  return half(at) * scale * tabled(nibbles(at + 8u + 16u * sub, i % 32u));`,
  mxfp4: `let e = byte(at);
  let scale = bitcast<f32>(select((e - 1u) << 23u, 0x00200000u << e, e < 2u));
  return scale * tabled(nibbles(at + 1u, i));`,
  nf4: `let bits = word(at + 4u + i / 2u);
  let q = (vec4u(bits) >> vec4u(4u, 0u, 12u, 8u)) & vec4u(15u);
  let wide = bitcast<vec4u>(bitcast<f32>(word(at)) * tabled(q));
  let even = (wide >> vec4u(16u)) & vec4u(1u); // to the nearest bf16
  return bitcast<vec4f>((wide + even + vec4u(0x7fffu)) & vec4u(0xffff0000u));`,
  f8_e4m3_scaled: `let bits = unpack4xU8(word(at + 4u + i));
  let sign = (bits & vec4u(0x80u)) << vec4u(24u);
  let rest = bits & vec4u(0x7fu);
  let normal = (rest << vec4u(20u)) + (120u << 23u);
  let small = bitcast<vec4u>(vec4f(rest) * 0.001953125); // 2^-9
  let w = bitcast<vec4f>(sign | select(normal, small, rest < vec4u(8u)));
  return bitcast<f32>(word(at)) * w;`,
};

const FINER = [
  ...[-127, -104, -83, -65, -49, -35, -22, -10],
  ...[1, 13, 25, 38, 53, 69, 89, 113],
];
/** What four bits stand for, by type. */
const TABLES: Readonly<Partial<Record<BlockType, readonly number[]>>> = {
  iq4_nl: FINER,
  iq4_xs: FINER,
  mxfp4: [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12],
  nf4: [...NF4_CODE],
};

/** `fn tabled(q)`, where a type has a table. */
function tableWgsl(type: BlockType): string {
  const table = TABLES[type];
  if (table === undefined) return "";
  const bits = table.map((value) => `${floatBits(value)}u`).join(", ");
  return `
const TABLE = array<u32, 16>(${bits});

fn tabled(q : vec4u) -> vec4f {
  return bitcast<vec4f>(vec4u(TABLE[q.x], TABLE[q.y], TABLE[q.z], TABLE[q.w]));
}
`;
}

/** The bits of a float32, so that no decimal is read. */
function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/**
 * WGSL functions that read quantised blocks from `array<u32>`.
 *
 * `quad(at, i)` gives elements i to i + 3, i a multiple of 4, of the block at
 * byte `at`, which is even but for MXFP4; `quadOf(first, i)` those of the blocks from byte
 * `first` on, and `octetOf(first, i)` eight if i is a multiple of 8. Values are
 * exact: each product but the last has bits to spare; NF4 is rounded to bf16. A NaN of the 8-bit floats
 * reads as 480: it is refused when weights are loaded.
 *
 * Source: `quants.py` of gguf 0.19.0, `dequantize_blocks` of each type.
 *
 * @param type Type of the blocks.
 * @param buffer Name of the storage buffer.
 */
export function blocksWgsl(type: BlockType, buffer: string): string {
  const { blockElements: elements, blockBytes: bytes } = DTYPE_BLOCKS[type];
  return `// the 4 bytes at an address
fn word(at : u32) -> u32 {
  let low = ${buffer}[at / 4u];
  let shift = (at & 3u) * 8u;
  if (shift == 0u) {
    return low;
  }
  return (low >> shift) | (${buffer}[at / 4u + 1u] << (32u - shift));
}

fn byte(at : u32) -> u32 {
  return (${buffer}[at / 4u] >> ((at & 3u) * 8u)) & 0xffu;
}

// f16 at an even address, in integers as unpacking may flush subnormals
fn half(at : u32) -> f32 {
  let bits = ${buffer}[at / 4u] >> ((at & 2u) * 8u);
  let sign = (bits & 0x8000u) << 16u;
  let exponent = (bits >> 10u) & 0x1fu;
  let mantissa = bits & 0x3ffu;
  if (exponent == 0x1fu) {
    return bitcast<f32>(sign | 0x7f800000u | (mantissa << 13u));
  }
  if (exponent == 0u) {
    return bitcast<f32>(sign | bitcast<u32>(f32(mantissa) * 5.9604645e-8)); // 2^-24
  }
  return bitcast<f32>(sign | ((exponent + 112u) << 23u) | (mantissa << 13u));
}

// 4 bits each: elements 0 to 15 are the lower halves of 16 bytes
fn nibbles(at : u32, i : u32) -> vec4u {
  return unpack4xU8((word(at + i % 16u) >> (4u * (i / 16u))) & 0x0f0f0f0fu);
}
${tableWgsl(type)}
fn quad(at : u32, i : u32) -> vec4f {
  ${QUADS[type]}
}

fn quadOf(first : u32, i : u32) -> vec4f {
  return quad(first + i / ${elements}u * ${bytes}u, i % ${elements}u);
}

fn octetOf(first : u32, i : u32) -> mat2x4f {
  let at = first + i / ${elements}u * ${bytes}u;
  return mat2x4f(quad(at, i % ${elements}u), quad(at, i % ${elements}u + 4u));
}`;
}
