import { get, type MultiplyAdd, polynomial, splat } from "./text.ts";

/** Locals that the programs of this file use. */
export const EXP_LOCALS =
  `(local $k v128) (local $shifted v128) (local $r v128) (local $h v128)
  (local $u v128) (local $w v128)`;

/**
 * `exp(x)` in four lanes, to 2 units in the last place: x = n ln 2 + r, the
 * polynomial of Cephes in r, then 2ⁿ in two factors, so that the result
 * underflows gradually and overflows to infinity. NaN stays NaN.
 *
 * Source: `expf` in Cephes 2.8, `single/expf.c`.
 */
export function exp(madd: MultiplyAdd, x: string): string {
  const power = (n: string) =>
    `(i32x4.shl (i32x4.add ${n} (i32x4.splat (i32.const 127))) (i32.const 23))`;
  // 1.5 2²³: what is added to it is rounded to an integer in its low bits
  const magic = 12582912;
  return `(block (result v128)
    ;; operands in an order in which NaN stays
    (local.set $r (f32x4.pmin (f32x4.pmax ${x} ${splat(-106)}) ${splat(90)}))
    (local.set $shifted ${madd(get("$r"), splat(Math.LOG2E), splat(magic))})
    (local.set $k (f32x4.sub ${get("$shifted")} ${splat(magic)}))
    (local.set $r ${madd(get("$k"), splat(-0.693359375), get("$r"))})
    (local.set $r ${madd(get("$k"), splat(2.12194440e-4), get("$r"))})
    (local.set $h ${
    polynomial(madd, get("$r"), [
      1.9875691500e-4,
      1.3981999507e-3,
      8.3334519073e-3,
      4.1665795894e-2,
      1.6666665459e-1,
      5.0000001201e-1,
      1,
      1,
    ])
  })
    (local.set $k (i32x4.sub ${
    get("$shifted")
  } (i32x4.splat (i32.const ${0x4b400000}))))
    (local.set $r (i32x4.shr_s ${get("$k")} (i32.const 1)))
    (f32x4.mul
      (f32x4.mul ${get("$h")} ${power(get("$r"))})
      ${power(`(i32x4.sub ${get("$k")} ${get("$r")})`)}))`;
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(madd: MultiplyAdd, x: string): string {
  return `(f32x4.div ${splat(1)}
    (f32x4.add ${splat(1)} ${exp(madd, `(f32x4.neg ${x})`)}))`;
}

/**
 * `tanh(x)`: a polynomial where |x| < 0.625, else by exp(2 |x|).
 *
 * Source: `tanhf` in Cephes 2.8, `single/tanhf.c`.
 */
export function tanh(madd: MultiplyAdd, x: string): string {
  const square = get("$w");
  return `(block (result v128)
    (local.set $u ${x})
    (local.set $w (f32x4.mul ${get("$u")} ${get("$u")}))
    (v128.bitselect
      ${
    madd(
      `(f32x4.mul ${get("$u")} ${square})`,
      polynomial(madd, square, [
        -5.70498872745e-3,
        2.06390887954e-2,
        -5.37397155531e-2,
        1.33314422036e-1,
        -3.33332819422e-1,
      ]),
      get("$u"),
    )
  }
      (v128.bitselect ${get("$u")}
        (f32x4.sub ${splat(1)} (f32x4.div ${splat(2)} (f32x4.add ${splat(1)}
          ${
    exp(
      madd,
      `(f32x4.mul ${splat(2)} (f32x4.abs ${get("$u")}))`,
    )
  })))
        (i32x4.splat (i32.const 0x80000000)))
      (f32x4.lt (f32x4.abs ${get("$u")}) ${splat(0.625)})))`;
}

/**
 * `erf(x)`: a polynomial where |x| < 1, else 1 - erfc(|x|) by exp(-x²).
 *
 * Source: `erff` and `erfcf` in Cephes 2.8, `single/ndtrf.c`.
 */
export function erf(madd: MultiplyAdd, x: string): string {
  const inner = polynomial(madd, get("$w"), [
    7.853861353153693e-5,
    -8.010193625184903e-4,
    5.188327685732524e-3,
    -2.685381193529856e-2,
    1.128358514861418e-1,
    -3.761262582423300e-1,
    1.128379165726710,
  ]);
  const middle = [
    2.326819970068386e-2,
    -1.387039388740657e-1,
    3.687424674597105e-1,
    -5.824733027278666e-1,
    6.210004621745983e-1,
    -4.944515323274145e-1,
    3.404879937665872e-1,
    -2.741127028184656e-1,
    5.638259427386472e-1,
  ];
  const outer = [
    -10.47766399936249,
    12.97719955372516,
    -7.495518717768503,
    2.921019019210786,
    -1.015265279202700,
    4.218463358204948e-1,
    -2.820767439740514e-1,
    5.641895067754075e-1,
  ];
  return `(block (result v128)
    (local.set $u ${x})
    (local.set $w (f32x4.mul ${get("$u")} ${get("$u")}))
    (local.set $h (f32x4.mul ${get("$u")} ${inner}))
    (v128.bitselect ${get("$h")}
      (block (result v128)
        ;; erfc(|x|) = exp(-x²) q p(q²) with q = 1 / |x|
        (local.set $h ${exp(madd, `(f32x4.neg ${get("$w")})`)})
        (local.set $r (f32x4.div ${splat(1)} (f32x4.abs ${get("$u")})))
        (local.set $k (f32x4.mul ${get("$r")} ${get("$r")}))
        (local.set $r (f32x4.mul (f32x4.mul ${get("$h")} ${get("$r")})
          (v128.bitselect
            ${polynomial(madd, get("$k"), middle)}
            ${polynomial(madd, get("$k"), outer)}
            (f32x4.lt (f32x4.abs ${get("$u")}) ${splat(2)}))))
        (v128.bitselect ${get("$u")} (f32x4.sub ${splat(1)} ${get("$r")})
          (i32x4.splat (i32.const 0x80000000))))
      (f32x4.lt (f32x4.abs ${get("$u")}) ${splat(1)})))`;
}
