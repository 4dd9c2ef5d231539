import { operand, POINTWISE } from "./control.ts";
import { erf, exp, EXP_LOCALS, sigmoid, tanh } from "./exp.ts";
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
  const functions = POINTWISE.map((name) => {
    const { locals, code } = hoisted(programs[name], (value) =>
      loop(
        "$i",
        { end: get("$n"), step: "(i32.const 16)" },
        `
    (local.set $x (v128.load ${sum(get("$from"), get("$i"))}))
    (v128.store ${sum(get("$y"), get("$i"))} ${value})`,
      ));
    return `
(func $${name} (export "${name}") (param $y i32) (param $from i32) (param $n i32)
  (local $i i32) (local $x v128) ${EXP_LOCALS} ${locals}
  (local.set $n (i32.shl ${get("$n")} (i32.const 2)))
  ${code})`;
  }).join("\n");
  return `${functions}
${task()}`;
}

/** Any of the functions by its number, and one chunk of a job. */
function task(): string {
  const p = (name: Parameters<typeof operand<"pointwise">>[1]) =>
    operand("pointwise", name);
  const at = (base: "y" | "x") => sum(p(base), bytes(get("$first")));
  const last = POINTWISE.length - 1;
  return `
(func $apply (param $f i32) (param $y i32) (param $x i32) (param $n i32)
  ${repeat(POINTWISE.length, (f) => `(block $f${last - f}`)}
    (br_table ${repeat(POINTWISE.length, (f) => `$f${f}`)} ${get("$f")})
  ${
    POINTWISE.map((name) =>
      `) (call $${name} ${get("$y")} ${get("$x")} ${get("$n")}) (return)`
    ).join("\n")
  })

(func $pointwise.task (param $i i32) (param $thread i32)
  (local $first i32) (local $n i32)
  (local.set $first ${product(get("$i"), p("chunk"))})
  (local.set $n (i32.sub ${p("n")} ${get("$first")}))
  (if (i32.gt_u ${get("$n")} ${p("chunk")})
    (then (local.set $n ${p("chunk")})))
  (call $apply ${p("f")} ${at("y")} ${at("x")} ${get("$n")}))`;
}
