/** Declares `half`, which rounds four values, and `power`, for kernels on matrix units. */
export function roundingFunctions(type: "f16" | "f32"): string {
  return `${
    type === "f32" ? "" : `fn half(x : vec4f) -> vec2u {
  let limited = clamp(x, vec4f(-65504.0), vec4f(65504.0));
  return vec2u(pack2x16float(limited.xy), pack2x16float(limited.zw));
}

`
  }// terms below exp(-87) count as 0
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
