import { erf, exp, EXP_LOCALS, sigmoid, tanh } from "./exp.ts";
import { get, loop, type MultiplyAdd, splat, sum } from "./text.ts";

/** Functions of one variable that the module exports. */
export const POINTWISE = [
  "exp",
  "tanh",
  "sigmoid",
  "silu",
  "gelu",
  "geluTanh",
  "quickGelu",
] as const;

/**
 * `y = f(x)` over whole vectors: `n` elements are rounded up to a multiple of
 * 4, and the elements past `n`, which belong to no tensor, are overwritten.
 */
export function pointwiseWat(madd: MultiplyAdd): string {
  const x = get("$x");
  // 2 sqrt(2 / π) (x + 0.044715 x³)
  const cubic = `(f32x4.mul ${splat(2 * Math.sqrt(2 / Math.PI))} ${
    madd(
      `(f32x4.mul ${splat(0.044715)} ${x})`,
      `(f32x4.mul ${x} ${x})`,
      x,
    )
  })`;
  const programs: Record<(typeof POINTWISE)[number], string> = {
    exp: exp(madd, x),
    tanh: tanh(madd, x),
    sigmoid: sigmoid(madd, x),
    silu: `(f32x4.mul ${x} ${sigmoid(madd, x)})`,
    gelu: `(f32x4.mul (f32x4.mul ${splat(0.5)} ${x})
      (f32x4.add ${splat(1)} ${
      erf(madd, `(f32x4.mul ${splat(Math.SQRT1_2)} ${x})`)
    }))`,
    geluTanh: `(f32x4.mul ${x} ${sigmoid(madd, cubic)})`,
    quickGelu: `(f32x4.mul ${x} ${
      sigmoid(madd, `(f32x4.mul ${splat(1.702)} ${x})`)
    })`,
  };
  return POINTWISE.map((name) => `
(func (export "${name}") (param $y i32) (param $from i32) (param $n i32)
  (local $i i32) (local $x v128) ${EXP_LOCALS}
  (local.set $n (i32.shl ${get("$n")} (i32.const 2)))
  ${
    loop(
      "$i",
      { end: get("$n"), step: "(i32.const 16)" },
      `
    (local.set $x (v128.load ${sum(get("$from"), get("$i"))}))
    (v128.store ${sum(get("$y"), get("$i"))} ${programs[name]})`,
    )
  })`).join("\n");
}
