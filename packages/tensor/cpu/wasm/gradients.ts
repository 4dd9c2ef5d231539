import { operand, POINTWISE } from "./control.ts";
import { erf, exp, EXP_LOCALS, tanh } from "./exp.ts";
import { lanes } from "./rows.ts";
import {
  bytes,
  get,
  hoisted,
  loop,
  type MultiplyAdd,
  product,
  repeat,
  splat,
  sum,
} from "./text.ts";

const load = (base: string, i: string) =>
  `(v128.load ${sum(get(base), get(i))})`;

/** Programs of the backward pass. */
export function gradientsWat(madd: MultiplyAdd): string {
  return `
${pointwise(madd)}
${task()}
${rows(madd)}`;
}

/** `dx = dy f'(x)` over whole vectors, for each function of `POINTWISE`. */
function pointwise(madd: MultiplyAdd): string {
  const x = get("$x");
  const one = splat(1);
  // v sigmoid(u) by v, where u has this slope: s (1 + v slope (1 - s)),
  // with e = exp(-u), s = 1 / (1 + e) and 1 - s = e s
  const gated = (u: string, slope?: string) =>
    `(block (result v128)
    (local.set $e ${exp(madd, `(f32x4.pmin (f32x4.neg ${u}) ${splat(80)})`)})
    (local.set $s (f32x4.div ${one} (f32x4.add ${one} ${get("$e")})))
    (f32x4.mul ${get("$s")} ${
      madd(
        `(f32x4.mul ${get("$e")} ${get("$s")})`,
        slope === undefined ? x : `(f32x4.mul ${x} ${slope})`,
        one,
      )
    }))`;
  const factor = splat(2 * Math.sqrt(2 / Math.PI));
  const square = `(f32x4.mul ${x} ${x})`;
  const derivatives: Record<(typeof POINTWISE)[number], string> = {
    exp: exp(madd, x),
    tanh: `(block (result v128)
      (local.set $s ${tanh(madd, x)})
      (f32x4.sub ${one} (f32x4.mul ${get("$s")} ${get("$s")})))`,
    sigmoid: `(block (result v128)
      (local.set $e ${exp(madd, `(f32x4.neg (f32x4.abs ${x}))`)})
      (local.set $s (f32x4.div ${one} (f32x4.add ${one} ${get("$e")})))
      (f32x4.mul (f32x4.mul ${get("$e")} ${get("$s")}) ${get("$s")}))`,
    silu: gated(x),
    gelu: `(block (result v128)
      (local.set $s ${erf(madd, `(f32x4.mul ${splat(Math.SQRT1_2)} ${x})`)})
      (local.set $e ${exp(madd, `(f32x4.mul ${splat(-0.5)} ${square})`)})
      ${
      madd(
        `(f32x4.mul ${splat(1 / Math.sqrt(2 * Math.PI))} ${x})`,
        get("$e"),
        `(f32x4.mul ${splat(0.5)} (f32x4.add ${one} ${get("$s")}))`,
      )
    })`,
    geluTanh: gated(
      `(f32x4.mul ${factor} ${
        madd(`(f32x4.mul ${splat(0.044715)} ${x})`, square, x)
      })`,
      `(f32x4.mul ${factor} ${madd(splat(3 * 0.044715), square, one)})`,
    ),
    quickGelu: gated(`(f32x4.mul ${splat(1.702)} ${x})`, splat(1.702)),
  };
  return POINTWISE.map((name) => {
    const { locals, code } = hoisted(derivatives[name], (slope) =>
      loop(
        "$i",
        { end: get("$n"), step: "(i32.const 16)" },
        `
    (local.set $x ${load("$from", "$i")})
    (v128.store ${sum(get("$dx"), get("$i"))}
      (f32x4.mul ${load("$dy", "$i")} ${slope}))`,
      ));
    return `
(func $${name}Gradient
  (param $dx i32) (param $from i32) (param $dy i32) (param $n i32)
  (local $i i32) (local $x v128) (local $s v128) (local $e v128)
  ${EXP_LOCALS} ${locals}
  (local.set $n ${bytes(get("$n"))})
  ${code})`;
  }).join("\n");
}

/** One chunk of a job. */
function task(): string {
  const p = (name: Parameters<typeof operand<"pointwiseGradient">>[1]) =>
    operand("pointwiseGradient", name);
  const at = (base: "dx" | "x" | "dy") => sum(p(base), bytes(get("$first")));
  const last = POINTWISE.length - 1;
  return `
(func $pointwiseGradient.task (param $i i32) (param $thread i32)
  (local $first i32) (local $n i32)
  (local.set $first ${product(get("$i"), p("chunk"))})
  (local.set $n (i32.sub ${p("n")} ${get("$first")}))
  (if (i32.gt_u ${get("$n")} ${p("chunk")})
    (then (local.set $n ${p("chunk")})))
  ${repeat(POINTWISE.length, (f) => `(block $f${last - f}`)}
    (br_table ${repeat(POINTWISE.length, (f) => `$f${f}`)} ${p("f")})
  ${
    POINTWISE.map((name) =>
      `) (call $${name}Gradient ${at("dx")} ${at("x")} ${at("dy")} ${
        get("$n")
      }) (return)`
    ).join("\n")
  })`;
}

/** Gradients of norms and of a softmax, for rows of whole vectors. */
function rows(madd: MultiplyAdd): string {
  const signature = `(param $dx i32) (param $x i32) (param $dy i32)
  (param $rows.left i32) (param $bytes i32)`;
  const locals = `(local $i i32) (local $n f32) (local $g v128) (local $d v128)
  (local $totals v128) (local $sums v128) (local $mean v128)
  (local $offset v128) (local $gain f32) (local $slope v128)`;
  const vectors = (body: string) =>
    loop("$i", { end: get("$bytes"), step: "(i32.const 16)" }, body);
  const average = (v: string) => `(f32.div ${lanes(get(v))} ${get("$n")})`;
  const clear = `(local.set $totals ${splat(0)}) (local.set $sums ${splat(0)})`;
  const count = `(local.set $n (f32.convert_i32_u (i32.shr_u ${
    get("$bytes")
  } (i32.const 2))))`;
  const nextRow = `${
    ["$x", "$dx", "$dy"].map((base) =>
      `(local.set ${base} ${sum(get(base), get("$bytes"))})`
    ).join("\n")
  }
    (br_if $rows (local.tee $rows.left
      (i32.sub ${get("$rows.left")} (i32.const 1))))`;
  const incoming = `
      (local.set $g ${load("$dy", "$i")})
      (if ${get("$weight")} (then (local.set $g
        (f32x4.mul ${get("$g")} ${load("$weight", "$i")}))))`;
  const setGain = `
    (local.set $gain (f32.div (f32.const 1)
      (f32.sqrt (f32.add ${average("$totals")} ${get("$eps")}))))
    (local.set $slope (f32x4.splat (f32.mul ${average("$sums")}
      (f32.mul ${get("$gain")} ${get("$gain")}))))`;
  const centred = `(f32x4.sub ${load("$x", "$i")} ${get("$mean")})`;
  return `
(func (export "layerNormGradient") ${signature}
  (param $weight i32) (param $eps f32) ${locals}
  ${count}
  (loop $rows
    ${clear}
    ${
    vectors(`${incoming}
      (local.set $totals (f32x4.add ${get("$totals")} ${load("$x", "$i")}))
      (local.set $sums (f32x4.add ${get("$sums")} ${get("$g")}))`)
  }
    (local.set $mean (f32x4.splat ${average("$totals")}))
    (local.set $offset (f32x4.splat ${average("$sums")}))
    ${clear}
    ${
    vectors(`${incoming}
      (local.set $d ${centred})
      (local.set $totals ${madd(get("$d"), get("$d"), get("$totals"))})
      (local.set $sums ${madd(get("$d"), get("$g"), get("$sums"))})`)
  }
    ${setGain}
    ${
    vectors(`${incoming}
      (v128.store ${sum(get("$dx"), get("$i"))} (f32x4.mul
        (f32x4.splat ${get("$gain")})
        (f32x4.sub (f32x4.sub ${get("$g")} ${get("$offset")})
          (f32x4.mul ${centred} ${get("$slope")}))))`)
  }
    ${nextRow}))

(func (export "rmsNormGradient") ${signature}
  (param $weight i32) (param $eps f32) ${locals}
  ${count}
  (loop $rows
    ${clear}
    ${
    vectors(`${incoming}
      (local.set $d ${load("$x", "$i")})
      (local.set $totals ${madd(get("$d"), get("$d"), get("$totals"))})
      (local.set $sums ${madd(get("$d"), get("$g"), get("$sums"))})`)
  }
    ${setGain}
    ${
    vectors(`${incoming}
      (v128.store ${sum(get("$dx"), get("$i"))} (f32x4.mul
        (f32x4.splat ${get("$gain")})
        (f32x4.sub ${get("$g")}
          (f32x4.mul ${load("$x", "$i")} ${get("$slope")}))))`)
  }
    ${nextRow}))

;; x is the softmax
(func $softmaxGradient (export "softmaxGradient") ${signature} ${locals}
  (loop $rows
    ${clear}
    ${
    vectors(
      `(local.set $sums ${
        madd(load("$x", "$i"), load("$dy", "$i"), get("$sums"))
      })`,
    )
  }
    (local.set $offset (f32x4.splat ${lanes(get("$sums"))}))
    ${
    vectors(`(v128.store ${sum(get("$dx"), get("$i"))} (f32x4.mul
        ${load("$x", "$i")}
        (f32x4.sub ${load("$dy", "$i")} ${get("$offset")})))`)
  }
    ${nextRow}))

;; y [columns, rows] is x [rows, columns] turned, whole vectors of both
(func $transpose (export "transpose") (param $y i32) (param $x i32) (param $rows i32)
  (param $columns i32) (local $i i32) (local $j i32) (local $ld i32)
  (local $to.ld i32) (local $from i32) (local $to i32)
  ${repeat(4, (i) => `(local $v${i} v128) (local $t${i} v128)`)}
  (local.set $ld ${bytes(get("$columns"))})
  (local.set $to.ld ${bytes(get("$rows"))})
  ${
    loop(
      "$i",
      { end: get("$to.ld"), step: "(i32.const 16)" },
      `(local.set $from ${
        sum(
          get("$x"),
          product("(i32.shr_u (local.get $i) (i32.const 2))", get("$ld")),
        )
      })
    (local.set $to ${sum(get("$y"), get("$i"))})
    ${loop("$j", { end: get("$ld"), step: "(i32.const 16)" }, block())}`,
    )
  })`;
}

/** Four by four elements, from `$from` to `$to`. */
function block(): string {
  const shuffle = (a: string, b: string, lanes: readonly number[]) =>
    `(i8x16.shuffle ${
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte))
        .join(" ")
    } ${get(a)} ${get(b)})`;
  const rowAt = (base: string, ld: string, i: number) =>
    sum(get(base), product(get(ld), `(i32.const ${i})`));
  return `
      ${
    repeat(
      4,
      (i) =>
        `(local.set $v${i} (v128.load ${
          sum(rowAt("$from", "$ld", i), get("$j"))
        }))`,
    )
  }
      (local.set $t0 ${shuffle("$v0", "$v1", [0, 4, 1, 5])})
      (local.set $t1 ${shuffle("$v2", "$v3", [0, 4, 1, 5])})
      (local.set $t2 ${shuffle("$v0", "$v1", [2, 6, 3, 7])})
      (local.set $t3 ${shuffle("$v2", "$v3", [2, 6, 3, 7])})
      ${
    repeat(4, (k) =>
      `(v128.store ${rowAt("$to", "$to.ld", k)} ${
        shuffle(
          k < 2 ? "$t0" : "$t2",
          k < 2 ? "$t1" : "$t3",
          k % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7],
        )
      })`)
  }
      (local.set $to ${rowAt("$to", "$to.ld", 4)})`;
}
