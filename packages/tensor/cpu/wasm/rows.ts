import { exp, EXP_LOCALS } from "./exp.ts";
import { get, hoisted, loop, type MultiplyAdd, splat, sum } from "./text.ts";

/** Sum of the lanes of a vector. */
export function lanes(v: string): string {
  const lane = (i: number) => `(f32x4.extract_lane ${i} ${v})`;
  return `(f32.add (f32.add ${lane(0)} ${lane(1)}) (f32.add ${lane(2)} ${
    lane(3)
  }))`;
}

/** Whole vectors of a row of `$bytes`, then the elements that are left. */
function row(vector: string, scalar: string): string {
  return `
  ${
    loop("$i", {
      end: `(i32.and ${get("$bytes")} (i32.const -16))`,
      step: "(i32.const 16)",
    }, vector)
  }
  ${
    loop("$t", {
      first: `(i32.and ${get("$bytes")} (i32.const -16))`,
      end: get("$bytes"),
      step: "(i32.const 4)",
    }, scalar)
  }`;
}

const load = (base: string, i: string) =>
  `(v128.load ${sum(get(base), get(i))})`;
const loadOne = (base: string, i: string) =>
  `(f32.load ${sum(get(base), get(i))})`;

/** Programs that reduce each row and then write it. */
export function rowsWat(madd: MultiplyAdd): string {
  const nextRow = `
    (local.set $x ${sum(get("$x"), get("$bytes"))})
    (local.set $y ${sum(get("$y"), get("$bytes"))})
    (br_if $rows (local.tee $rows.left
      (i32.sub ${get("$rows.left")} (i32.const 1))))`;
  const signature = `(param $y i32) (param $x i32) (param $rows.left i32)
  (param $bytes i32)`;
  const locals = `(local $i i32) (local $t i32) (local $n.f f32)
  (local $sums v128) (local $sum f32) (local $v v128) (local $e f32)`;
  const count = `(local.set $n.f (f32.convert_i32_u
    (i32.shr_u ${get("$bytes")} (i32.const 2))))`;
  // 1 / sqrt(mean + eps) of the squares that were summed
  const setGain = `
    (local.set $gain (f32.div (f32.const 1) (f32.sqrt (f32.add ${get("$eps")}
      (f32.div (f32.add ${get("$sum")} ${lanes(get("$sums"))})
        ${get("$n.f")})))))
    (local.set $gains (f32x4.splat ${get("$gain")}))`;
  return `
;; rows of a norm; weight and bias are addresses, or 0
(func (export "layerNorm") ${signature}
  (param $weight i32) (param $bias i32) (param $eps f32)
  ${locals} (local $mean f32) (local $means v128) (local $gain f32)
  (local $gains v128)
  ${count}
  (loop $rows
    (local.set $sums ${splat(0)}) (local.set $sum (f32.const 0))
    ${
    row(
      `(local.set $sums (f32x4.add ${get("$sums")} ${load("$x", "$i")}))`,
      `(local.set $sum (f32.add ${get("$sum")} ${loadOne("$x", "$t")}))`,
    )
  }
    (local.set $mean (f32.div (f32.add ${get("$sum")} ${lanes(get("$sums"))}) ${
    get("$n.f")
  }))
    (local.set $means (f32x4.splat ${get("$mean")}))
    (local.set $sums ${splat(0)}) (local.set $sum (f32.const 0))
    ${
    row(
      `(local.set $v (f32x4.sub ${load("$x", "$i")} ${get("$means")}))
       (local.set $sums ${madd(get("$v"), get("$v"), get("$sums"))})`,
      `(local.set $e (f32.sub ${loadOne("$x", "$t")} ${get("$mean")}))
       (local.set $sum (f32.add ${get("$sum")} (f32.mul ${get("$e")} ${
        get("$e")
      })))`,
    )
  }
    ${setGain}
    ${
    row(
      `(local.set $v (f32x4.mul (f32x4.sub ${load("$x", "$i")} ${
        get("$means")
      }) ${get("$gains")}))
       (if ${get("$weight")} (then (local.set $v (f32x4.mul ${get("$v")} ${
        load("$weight", "$i")
      }))))
       (if ${get("$bias")} (then (local.set $v (f32x4.add ${get("$v")} ${
        load("$bias", "$i")
      }))))
       (v128.store ${sum(get("$y"), get("$i"))} ${get("$v")})`,
      `(local.set $e (f32.mul (f32.sub ${loadOne("$x", "$t")} ${
        get("$mean")
      }) ${get("$gain")}))
       (if ${get("$weight")} (then (local.set $e (f32.mul ${get("$e")} ${
        loadOne("$weight", "$t")
      }))))
       (if ${get("$bias")} (then (local.set $e (f32.add ${get("$e")} ${
        loadOne("$bias", "$t")
      }))))
       (f32.store ${sum(get("$y"), get("$t"))} ${get("$e")})`,
    )
  }
    ${nextRow}))

(func (export "rmsNorm") ${signature} (param $weight i32) (param $eps f32)
  ${locals} (local $gain f32) (local $gains v128)
  ${count}
  (loop $rows
    (local.set $sums ${splat(0)}) (local.set $sum (f32.const 0))
    ${
    row(
      `(local.set $v ${load("$x", "$i")})
       (local.set $sums ${madd(get("$v"), get("$v"), get("$sums"))})`,
      `(local.set $e ${loadOne("$x", "$t")})
       (local.set $sum (f32.add ${get("$sum")} (f32.mul ${get("$e")} ${
        get("$e")
      })))`,
    )
  }
    ${setGain}
    ${
    row(
      `(v128.store ${sum(get("$y"), get("$i"))}
         (f32x4.mul (f32x4.mul ${load("$x", "$i")} ${get("$gains")}) ${
        load("$weight", "$i")
      }))`,
      `(f32.store ${sum(get("$y"), get("$t"))}
         (f32.mul (f32.mul ${loadOne("$x", "$t")} ${get("$gain")}) ${
        loadOne("$weight", "$t")
      }))`,
    )
  }
    ${nextRow}))

${softmaxRow(madd)}`;
}

/**
 * `y = exp(scale x + bias - max)` of one row of whole vectors, whose elements
 * past `bytes` become 0; returns the sum. The bias is an address, or 0.
 */
function softmaxRow(madd: MultiplyAdd): string {
  const lane = (i: number) => `(f32x4.extract_lane ${i} ${get("$max")})`;
  const { locals, code } = hoisted(
    exp(madd, `(f32x4.sub ${load("$y", "$i")} ${get("$max")})`),
    (power) =>
      loop(
        "$i",
        { end: get("$end"), step: "(i32.const 16)" },
        `
    (local.set $v ${power})
    (v128.store ${sum(get("$y"), get("$i"))} ${get("$v")})
    (local.set $sums (f32x4.add ${get("$sums")} ${get("$v")}))`,
      ),
  );
  return `
(func $expRow (export "expRow")
  (param $y i32) (param $x i32) (param $bytes i32) (param $scale f32)
  (param $bias i32) (result f32)
  (local $i i32) (local $end i32) (local $t i32) (local $v v128)
  (local $max v128) (local $sums v128) ${EXP_LOCALS} ${locals}
  (local.set $end (i32.and ${
    sum(get("$bytes"), "(i32.const 15)")
  } (i32.const -16)))
  (local.set $max ${splat(-Infinity).replace("-Infinity", "-inf")})
  ${
    loop(
      "$i",
      { end: get("$end"), step: "(i32.const 16)" },
      `
    (local.set $v (f32x4.mul ${load("$x", "$i")} (f32x4.splat ${
        get("$scale")
      })))
    (if ${get("$bias")} (then
      (local.set $v (f32x4.add ${get("$v")} ${load("$bias", "$i")}))))
    (v128.store ${sum(get("$y"), get("$i"))} ${get("$v")})
    (if (i32.gt_u ${sum(get("$i"), "(i32.const 16)")} ${get("$bytes")}) (then
      ${
        loop("$t", {
          first: get("$bytes"),
          end: get("$end"),
          step: "(i32.const 4)",
        }, `(f32.store ${sum(get("$y"), get("$t"))} (f32.const -inf))`)
      }
      (local.set $v ${load("$y", "$i")})))
    (local.set $max (f32x4.pmax ${get("$max")} ${get("$v")}))`,
    )
  }
  (local.set $max (f32x4.splat (f32.max (f32.max ${lane(0)} ${
    lane(1)
  }) (f32.max ${lane(2)} ${lane(3)}))))
  ${code}
  ${lanes(get("$sums"))})

;; y *= factor, over whole vectors
(func $scaleRow (export "scaleRow") (param $y i32) (param $bytes i32)
  (param $factor f32) (local $i i32)
  ${
    loop(
      "$i",
      { end: get("$bytes"), step: "(i32.const 16)" },
      `
    (v128.store ${sum(get("$y"), get("$i"))} (f32x4.mul
      ${load("$y", "$i")} (f32x4.splat ${get("$factor")})))`,
    )
  })`;
}
