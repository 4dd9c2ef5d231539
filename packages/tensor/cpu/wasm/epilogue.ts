import { operand } from "./control.ts";
import { bytes, get, loop, type MultiplyAdd, product, sum } from "./text.ts";

/**
 * What follows the sums of a block, while these are in the cache: the
 * activation, then `x + gate y`. Elements past the last whole vector of a row
 * are changed in `$spill`, as their neighbours are another task's.
 */
export function epilogueWat(madd: MultiplyAdd): string {
  const p = (name: Parameters<typeof operand<"gemm">>[1]) =>
    operand("gemm", name);
  const at = (base: string) => sum(get(base), get("$i"));
  const rest = bytes(`(i32.sub ${get("$columns")} ${get("$whole")})`);
  const end = sum(get("$y"), bytes(get("$whole")));
  const added = (
    load: (at: string) => string,
    store: (at: string, value: string) => string,
  ) =>
    store(
      at("$y"),
      `(if (result v128) ${p("gate")}
        (then ${madd(load(at("$gate")), load(at("$y")), load(at("$x")))})
        (else (f32x4.add ${load(at("$x"))} ${load(at("$y"))})))`,
    );
  return `
;; $offset: bytes of c before the block; $row: the row of all c it begins with
(func $epilogue (param $offset i32) (param $row i32) (param $rows i32)
  (param $first i32) (param $columns i32) (param $spill i32)
  (local $y i32) (local $x i32) (local $gate i32) (local $i i32)
  (local $whole i32) (local $n i32)
  (if (i32.eqz (i32.or ${p("activation")} ${p("residual")})) (then (return)))
  (local.set $whole (i32.and ${get("$columns")} (i32.const -4)))
  ${
    loop(
      "$n",
      { end: get("$rows") },
      `
    (local.set $y ${sum(p("c"), get("$offset"))})
    (if ${p("activation")} (then
      (call $apply (i32.sub ${p("activation")} (i32.const 1))
        ${get("$y")} ${get("$y")} ${get("$whole")})
      (if (i32.lt_u ${get("$whole")} ${get("$columns")}) (then
        (memory.copy ${get("$spill")} ${end} ${rest})
        (call $apply (i32.sub ${p("activation")} (i32.const 1))
          ${get("$spill")} ${get("$spill")} (i32.const 4))
        (memory.copy ${end} ${get("$spill")} ${rest})))))
    (if ${p("residual")} (then
      (local.set $x ${sum(p("residual"), get("$offset"))})
      (local.set $gate ${
        sum(
          p("gate"),
          product(
            `(i32.div_u ${sum(get("$row"), get("$n"))} ${p("gateRows")})`,
            p("ldgate"),
          ),
          bytes(get("$first")),
        )
      })
      ${
        loop(
          "$i",
          { end: bytes(get("$whole")), step: "(i32.const 16)" },
          added(
            (at) => `(v128.load ${at})`,
            (at, value) => `(v128.store ${at} ${value})`,
          ),
        )
      }
      ${
        loop(
          "$i",
          {
            first: bytes(get("$whole")),
            end: bytes(get("$columns")),
            step: "(i32.const 4)",
          },
          added(
            (at) => `(v128.load32_zero ${at})`,
            (at, value) => `(f32.store ${at} (f32x4.extract_lane 0 ${value}))`,
          ),
        )
      }))
    (local.set $offset ${sum(get("$offset"), p("ldc"))})`,
    )
  })`;
}
