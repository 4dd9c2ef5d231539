import { get, loop, splat, sum } from "./text.ts";

/** Widening of 16-bit floats to f32, exactly, 4 elements at a time. */
export function widenWat(): string {
  const program = (name: string, locals: string, value: string) => `
(func (export "${name}") (param $y i32) (param $from i32) (param $n i32)
  (local $i i32) (local $x v128) ${locals}
  ${
    loop(
      "$i",
      { end: get("$n"), step: "(i32.const 4)" },
      `
    (local.set $x (v128.load16x4_u ${
        sum(get("$from"), `(i32.shl ${get("$i")} (i32.const 1))`)
      }))
    (v128.store ${
        sum(get("$y"), `(i32.shl ${get("$i")} (i32.const 2))`)
      } ${value})`,
    )
  })`;
  const magnitude = `(i32x4.shl (v128.and ${
    get("$x")
  } (i32x4.splat (i32.const 0x7fff))) (i32.const 13))`;
  return program(
    "widenBf16",
    "",
    `(i32x4.shl ${get("$x")} (i32.const 16))`,
  ) + program(
    "widenF16",
    "(local $m v128)",
    // the exponent is rebased by a product, which is right for subnormals too
    `(block (result v128)
      (local.set $m ${magnitude})
      (v128.or
        (i32x4.shl (v128.and ${
      get("$x")
    } (i32x4.splat (i32.const 0x8000))) (i32.const 16))
        (v128.bitselect
          (v128.or ${get("$m")} (i32x4.splat (i32.const 0x7f800000)))
          (f32x4.mul ${get("$m")} ${splat(2 ** 112)})
          (i32x4.ge_u ${get("$m")} (i32x4.splat (i32.const 0x0f800000))))))`,
  );
}
