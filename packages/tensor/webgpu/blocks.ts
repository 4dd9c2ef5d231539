/** Types of quantised blocks, GGML's and scaled 8-bit floats, as tensors name them. */
export type BlockType =
  | "q4_0"
  | "q4_1"
  | "q5_0"
  | "q5_1"
  | "q8_0"
  | "q4_k"
  | "q5_k"
  | "q6_k"
  | "f8_e4m3_scaled";

/** Elements and bytes of a block. */
const SIZES: Readonly<Record<BlockType, readonly [number, number]>> = {
  q4_0: [32, 18],
  q4_1: [32, 20],
  q5_0: [32, 22],
  q5_1: [32, 24],
  q8_0: [32, 34],
  q4_k: [256, 144],
  q5_k: [256, 176],
  q6_k: [256, 210],
  f8_e4m3_scaled: [64, 68],
};

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
  f8_e4m3_scaled: `let bits = unpack4xU8(word(at + 4u + i));
  let sign = (bits & vec4u(0x80u)) << vec4u(24u);
  let rest = bits & vec4u(0x7fu);
  let normal = (rest << vec4u(20u)) + (120u << 23u);
  let small = bitcast<vec4u>(vec4f(rest) * 0.001953125); // 2^-9
  let w = bitcast<vec4f>(sign | select(normal, small, rest < vec4u(8u)));
  return bitcast<f32>(word(at)) * w;`,
};

/**
 * WGSL functions that read quantised blocks from `array<u32>`.
 *
 * `quad(at, i)` gives elements i to i + 3, i a multiple of 4, of the block at
 * byte `at`, which is even; `quadOf(first, i)` those of the blocks from byte
 * `first` on, and `octetOf(first, i)` eight if i is a multiple of 8. Values are
 * exact: each product but the last has bits to spare. A NaN of the 8-bit floats
 * reads as 480: it is refused when weights are loaded.
 *
 * Source: `quants.py` of gguf 0.17.1, `dequantize_blocks` of each type.
 *
 * @param type Type of the blocks.
 * @param buffer Name of the storage buffer.
 */
export function blocksWgsl(type: BlockType, buffer: string): string {
  const [elements, bytes] = SIZES[type];
  return `// the 4 bytes at an even address
fn word(at : u32) -> u32 {
  let low = ${buffer}[at / 4u];
  if ((at & 2u) == 0u) {
    return low;
  }
  return (low >> 16u) | (${buffer}[at / 4u + 1u] << 16u);
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
