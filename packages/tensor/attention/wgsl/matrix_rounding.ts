/**
 * Declares, for kernels on matrix units, `half`, which rounds four values,
 * `asFactor`, four values to the bits that a factor keeps, and `power`.
 */
export function roundingFunctions(type: "f16" | "f32"): string {
  return `${
    type === "f32"
      ? "fn asFactor(x : vec4f) -> vec4f { return x; }"
      : `fn half(x : vec4f) -> vec2u {
  let limited = clamp(x, vec4f(-65504.0), vec4f(65504.0));
  return vec2u(pack2x16float(limited.xy), pack2x16float(limited.zw));
}

// the nearest, of ties the even; Mesa 25 takes back unpack2x16float of pack2x16float
fn asFactor(x : vec4f) -> vec4f {
  let bits = bitcast<vec4u>(x);
  return bitcast<vec4f>((bits + 0xfffu + (bits >> vec4u(13u)) % 2u) & vec4u(0xffffe000u));
}`
  }

// terms below exp(-87) count as 0
fn power(x : vec4f) -> vec4f {
  return select(vec4f(), exp(x), x > vec4f(-87.0));
}`;
}

/**
 * Sixteen bytes of rounded factors, from one vector of four or from two.
 *
 * @param vector WGSL of vector `i`.
 */
export function rounded(
  type: "f16" | "f32",
  vector: (i: number) => string,
): string {
  return type === "f16"
    ? `vec4u(half(${vector(0)}), half(${vector(1)}))`
    : vector(0);
}
