import { operand } from "./control.ts";
import { bytes, get, loop, product, sum } from "./text.ts";

/** Jobs on rows of scores, and on matrices that are turned. */
export function rowJobsWat(): string {
  const chunk = (kind: "softmaxRows" | "softmaxGradientRows") => `
  (local.set $row ${product(get("$i"), operand(kind, "chunk"))})
  (local.set $rows (i32.sub ${operand(kind, "rows")} ${get("$row")}))
  (if (i32.gt_u ${get("$rows")} ${operand(kind, "chunk")})
    (then (local.set $rows ${operand(kind, "chunk")})))`;
  const skipped = product(get("$row"), operand("softmaxRows", "rowBytes"));
  const skippedGradient = product(
    get("$row"),
    operand("softmaxGradientRows", "rowBytes"),
  );
  const matrix = product(
    get("$i"),
    bytes(product(
      operand("transposes", "rows"),
      operand("transposes", "columns"),
    )),
  );
  return `
;; softmax of scale x, in place
(func $softmaxRows.task (param $i i32) (param $thread i32)
  (local $row i32) (local $rows i32) (local $x i32) (local $n i32)
  (local $sum f32)
  ${chunk("softmaxRows")}
  (local.set $x ${sum(operand("softmaxRows", "x"), skipped)})
  ${
    loop(
      "$n",
      { end: get("$rows") },
      `
    (local.set $sum (call $expRow ${get("$x")} ${get("$x")}
      ${operand("softmaxRows", "rowBytes")} ${operand("softmaxRows", "scale")}
      (i32.const 0)))
    (call $scaleRow ${get("$x")} ${operand("softmaxRows", "rowBytes")}
      (f32.div (f32.const 1) ${get("$sum")}))
    (local.set $x ${sum(get("$x"), operand("softmaxRows", "rowBytes"))})`,
    )
  })

;; ds = scale p (ds - Σ p ds), in place
(func $softmaxGradientRows.task (param $i i32) (param $thread i32)
  (local $row i32) (local $rows i32) (local $ds i32)
  ${chunk("softmaxGradientRows")}
  (local.set $ds ${sum(operand("softmaxGradientRows", "ds"), skippedGradient)})
  (call $softmaxGradient ${get("$ds")}
    ${sum(operand("softmaxGradientRows", "p"), skippedGradient)}
    ${get("$ds")} ${get("$rows")} ${operand("softmaxGradientRows", "rowBytes")})
  (call $scaleRow ${get("$ds")}
    ${product(get("$rows"), operand("softmaxGradientRows", "rowBytes"))}
    ${operand("softmaxGradientRows", "scale")}))

(func $transposes.task (param $i i32) (param $thread i32)
  (call $transpose ${sum(operand("transposes", "to"), matrix)}
    ${sum(operand("transposes", "from"), matrix)}
    ${operand("transposes", "rows")} ${operand("transposes", "columns")}))`;
}
