import { operand } from "./control.ts";
import { bytes, get, loop, product, sum } from "./text.ts";

/**
 * Convolution of some output pixels: their patches, `kh kw Cin` elements
 * each, are gathered into the scratch of the thread and multiplied.
 */
export function conv2dWat(): string {
  const p = (name: Parameters<typeof operand<"conv2d">>[1]) =>
    operand("conv2d", name);
  const pixel = sum(get("$first"), get("$r"));
  const patch = product(p("kh"), p("kw"), p("Cin"));
  return `
;; the patch of one pixel; rows of the window are runs of the image
(func $patch (param $pixel i32) (param $to i32)
  (local $u i32) (local $row i32) (local $column i32) (local $image i32)
  (local $run i32) (local $skip i32) (local $n i32)
  (local.set $image (i32.div_u ${get("$pixel")} ${
    product(p("outRows"), p("outColumns"))
  }))
  (local.set $row (i32.sub ${
    product(
      `(i32.rem_u (i32.div_u ${get("$pixel")} ${p("outColumns")}) ${
        p("outRows")
      })`,
      p("stride"),
    )
  } ${p("top")}))
  (local.set $column (i32.sub ${
    product(`(i32.rem_u ${get("$pixel")} ${p("outColumns")})`, p("stride"))
  } ${p("left")}))
  (local.set $run ${bytes(product(p("kw"), p("Cin")))})
  ;; columns of the window that lie left of the image, and those inside
  (local.set $skip (select (i32.sub (i32.const 0) ${get("$column")})
    (i32.const 0) (i32.lt_s ${get("$column")} (i32.const 0))))
  (if (i32.gt_s ${get("$skip")} ${p("kw")}) (then (local.set $skip ${p("kw")})))
  (local.set $n (i32.sub ${p("w")} ${sum(get("$column"), get("$skip"))}))
  (if (i32.gt_s ${get("$n")} (i32.sub ${p("kw")} ${get("$skip")}))
    (then (local.set $n (i32.sub ${p("kw")} ${get("$skip")}))))
  (if (i32.lt_s ${get("$n")} (i32.const 0)) (then (local.set $n (i32.const 0))))
  ${
    loop(
      "$u",
      { end: p("kh") },
      `
    (if (i32.or (i32.lt_u ${get("$n")} ${p("kw")})
                (i32.ge_u ${get("$row")} ${p("h")}))
      (then (memory.fill ${get("$to")} (i32.const 0) ${get("$run")})))
    (if (i32.and (i32.lt_u ${get("$row")} ${p("h")})
                 (i32.gt_s ${get("$n")} (i32.const 0)))
      (then (memory.copy
        ${sum(get("$to"), bytes(product(get("$skip"), p("Cin"))))}
        ${
        sum(
          p("x"),
          bytes(product(
            sum(
              product(
                sum(product(get("$image"), p("h")), get("$row")),
                p("w"),
              ),
              get("$column"),
              get("$skip"),
            ),
            p("Cin"),
          )),
        )
      }
        ${bytes(product(get("$n"), p("Cin")))})))
    (local.set $to ${sum(get("$to"), get("$run"))})
    (local.set $row ${sum(get("$row"), "(i32.const 1)")})`,
    )
  })

(func $conv2d.task (param $i i32) (param $thread i32)
  (local $first i32) (local $rows i32) (local $r i32) (local $ld i32)
  (local $patches i32)
  (local.set $first ${product(get("$i"), p("rows"))})
  (local.set $rows (i32.sub ${p("pixels")} ${get("$first")}))
  (if (i32.gt_u ${get("$rows")} ${p("rows")})
    (then (local.set $rows ${p("rows")})))
  (local.set $ld ${bytes(patch)})
  (local.set $patches ${
    sum(p("scratch"), product(get("$thread"), p("scratchBytes")))
  })
  ${
    loop(
      "$r",
      { end: get("$rows") },
      `(call $patch ${pixel}
      ${sum(get("$patches"), product(get("$r"), get("$ld")))})`,
    )
  }
  (call $block ${get("$patches")} ${get("$ld")} ${p("weight")}
    ${sum(p("y"), bytes(product(get("$first"), p("Cout"))))}
    ${bytes(p("Cout"))} ${get("$rows")} (i32.const 0) ${p("Cout")} ${p("Cout")}
    ${patch} ${p("bias")} ${p("biased")} (call $spill ${get("$thread")})
    (i32.const 0) (i32.const 0)))`;
}
