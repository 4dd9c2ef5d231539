import { operand } from "./control.ts";
import { bytes, get, loop, product, sum } from "./text.ts";

/**
 * Attention of some query rows of one head: scores into the scratch of the
 * thread, softmax in place, their product with the values, all by `$block`.
 */
export function attentionWat(): string {
  const p = (name: Parameters<typeof operand<"attention">>[1]) =>
    operand("attention", name);
  const padded = `(i32.and ${sum(p("Lk"), "(i32.const 7)")} (i32.const -8))`;
  const D = bytes(p("D"));
  return `
(func $attention.task (param $i i32) (param $thread i32)
  (local $head i32) (local $row i32) (local $rows i32) (local $scores i32)
  (local $ld i32) (local $out i32) (local $bias i32) (local $r i32)
  (local $score i32) (local $sum f32) (local $d i32)
  (local.set $head (i32.div_u ${get("$i")} ${p("rowTasks")}))
  (local.set $row ${
    product(`(i32.rem_u ${get("$i")} ${p("rowTasks")})`, p("rows"))
  })
  (local.set $rows (i32.sub ${p("Lq")} ${get("$row")}))
  (if (i32.gt_u ${get("$rows")} ${p("rows")})
    (then (local.set $rows ${p("rows")})))
  (local.set $ld ${bytes(padded)})
  (local.set $scores ${
    sum(p("scratch"), product(get("$thread"), p("scratchBytes")))
  })
  ;; element of the first row in q and out
  (local.set $d ${product(sum(product(get("$head"), p("Lq")), get("$row")), D)})
  (call $block ${sum(p("q"), get("$d"))} ${D}
    ${sum(p("k"), product(get("$head"), p("kHead")))}
    ${get("$scores")} ${get("$ld")} ${get("$rows")} (i32.const 0) ${padded}
    ${padded} ${p("D")} (call $zeros) (i32.const 0) (call $spill ${
    get("$thread")
  }) (i32.const 0) (i32.const 0))
  (local.set $out ${sum(p("out"), get("$d"))})
  (if ${p("bias")} (then (local.set $bias ${
    sum(
      p("bias"),
      product(`(i32.div_u ${get("$head")} ${p("H")})`, p("biasBatch")),
      product(`(i32.rem_u ${get("$head")} ${p("H")})`, p("biasHead")),
      bytes(product(get("$row"), p("Lk"))),
    )
  })))
  ${
    loop(
      "$r",
      { end: get("$rows") },
      `
    (local.set $score ${sum(get("$scores"), product(get("$r"), get("$ld")))})
    (local.set $sum (call $expRow ${get("$score")} ${get("$score")}
      ${bytes(p("Lk"))} ${p("scale")} ${get("$bias")}))
    (call $scaleRow ${get("$score")} ${get("$ld")}
      (f32.div (f32.const 1) ${get("$sum")}))
    (if ${get("$bias")} (then (local.set $bias ${
        sum(get("$bias"), bytes(p("Lk")))
      })))`,
    )
  }
  (call $block ${get("$scores")} ${get("$ld")}
    ${sum(p("v"), product(get("$head"), p("vHead")))}
    ${get("$out")} ${D} ${get("$rows")} (i32.const 0) ${p("D")} ${p("D")}
    ${p("Lk")} (call $zeros) (i32.const 0) (call $spill ${get("$thread")})
    (i32.const 0) (i32.const 0)))`;
}
