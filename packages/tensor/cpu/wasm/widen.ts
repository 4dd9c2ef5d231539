import { get, loop, splat, sum } from "./text.ts";

/** Locals that {@linkcode WIDEN} uses. */
export const WIDEN_LOCALS = "(local $w v128) (local $m v128)";

/** Four 16-bit floats, each in the low half of a lane, as f32, exactly. */
export const WIDEN: Readonly<Record<"bf16" | "f16", (x: string) => string>> = {
  bf16: (x) => `(i32x4.shl ${x} (i32.const 16))`,
  // the exponent is rebased by a product, which is right for subnormals too
  f16: (x) =>
    `(block (result v128)
      (local.set $w ${x})
      (local.set $m (i32x4.shl (v128.and ${
      get("$w")
    } (i32x4.splat (i32.const 0x7fff))) (i32.const 13)))
      (v128.or
        (i32x4.shl (v128.and ${
      get("$w")
    } (i32x4.splat (i32.const 0x8000))) (i32.const 16))
        (v128.bitselect
          (v128.or ${get("$m")} (i32x4.splat (i32.const 0x7f800000)))
          (f32x4.mul ${get("$m")} ${splat(2 ** 112)})
          (i32x4.ge_u ${get("$m")} (i32x4.splat (i32.const 0x0f800000))))))`,
};

/** Widening of 16-bit floats to f32, 4 elements at a time. */
export function widenWat(): string {
  const program = (name: string, widen: (x: string) => string) => `
(func (export "${name}") (param $y i32) (param $from i32) (param $n i32)
  (local $i i32) ${WIDEN_LOCALS}
  ${
    loop(
      "$i",
      { end: get("$n"), step: "(i32.const 4)" },
      `
    (v128.store ${sum(get("$y"), `(i32.shl ${get("$i")} (i32.const 2))`)} ${
        widen(
          `(v128.load16x4_u ${
            sum(get("$from"), `(i32.shl ${get("$i")} (i32.const 1))`)
          })`,
        )
      })`,
    )
  })`;
  return program("widenBf16", WIDEN.bf16) + program("widenF16", WIDEN.f16);
}
