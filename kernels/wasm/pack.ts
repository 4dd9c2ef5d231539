import { operand } from "./control.ts";
import { PANEL } from "./gemm.ts";
import { bytes, get, product, repeat, sum } from "./text.ts";

/**
 * Packing of a right operand into panels `[K, 8]`. Columns past the last one
 * of a matrix hold whatever lies there: their products are never stored.
 */
export function packWat(): string {
  const p = (name: Parameters<typeof operand<"pack">>[1]) =>
    operand("pack", name);
  return `
${transposing()}
${copying()}
(func $pack.task (param $i i32) (param $thread i32)
  (local $batch i32) (local $j i32) (local $from i32) (local $to i32)
  (local.set $batch (i32.div_u ${get("$i")} ${p("panels")}))
  (local.set $j ${
    product(`(i32.rem_u ${get("$i")} ${p("panels")})`, `(i32.const ${PANEL})`)
  })
  (local.set $from ${sum(p("from"), product(get("$batch"), p("fromBatch")))})
  (local.set $to ${
    sum(
      p("to"),
      product(get("$batch"), p("toBatch")),
      bytes(product(get("$j"), p("K"))),
    )
  })
  (if ${p("transposed")}
    (then (call $packTransposed
      ${sum(get("$from"), bytes(product(get("$j"), p("K"))))}
      ${get("$to")} ${p("K")} (i32.sub ${p("N")} ${get("$j")})))
    (else (call $packCopied ${sum(get("$from"), bytes(get("$j")))}
      ${get("$to")} ${p("K")} ${p("N")}))))`;
}

/** One panel of `[N, K]`: 8 rows become columns, 4 × 4 at a time. */
function transposing(): string {
  const shuffle = (a: string, b: string, lanes: readonly number[]) =>
    `(i8x16.shuffle ${
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte))
        .join(" ")
    } ${get(a)} ${get(b)})`;
  const half = (first: number) => `
    ${
    repeat(4, (i) => `(local.set $v${i} (v128.load ${get(`$r${first + i}`)}))`)
  }
    (local.set $t0 ${shuffle("$v0", "$v1", [0, 4, 1, 5])})
    (local.set $t1 ${shuffle("$v2", "$v3", [0, 4, 1, 5])})
    (local.set $t2 ${shuffle("$v0", "$v1", [2, 6, 3, 7])})
    (local.set $t3 ${shuffle("$v2", "$v3", [2, 6, 3, 7])})
    ${
    repeat(4, (k) =>
      `(v128.store offset=${k * PANEL * 4 + first * 4} ${get("$to")} ${
        shuffle(
          k < 2 ? "$t0" : "$t2",
          k < 2 ? "$t1" : "$t3",
          k % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7],
        )
      })`)
  }`;
  const advance = (k: number) =>
    repeat(
      PANEL,
      (i) => `(local.set $r${i} ${sum(get(`$r${i}`), `(i32.const ${k * 4})`)})`,
    ) + `(local.set $to ${sum(get("$to"), `(i32.const ${k * PANEL * 4})`)})`;
  return `
(func $packTransposed
  (param $from i32) (param $to i32) (param $K i32) (param $columns i32)
  (local $left i32)
  ${repeat(PANEL, (i) => `(local $r${i} i32)`)}
  ${repeat(4, (i) => `(local $v${i} v128) (local $t${i} v128)`)}
  (local.set $r0 ${get("$from")})
  ${
    repeat(PANEL - 1, (i) =>
      `(local.set $r${i + 1} (select
        ${sum(get(`$r${i}`), bytes(get("$K")))} ${get(`$r${i}`)}
        (i32.gt_u ${get("$columns")} (i32.const ${i + 1}))))`)
  }
  (local.set $left (i32.shr_u ${get("$K")} (i32.const 2)))
  (if ${get("$left")} (then (loop $fours
    ${half(0)} ${half(4)} ${advance(4)}
    (br_if $fours (local.tee $left (i32.sub ${get("$left")} (i32.const 1)))))))
  (local.set $left (i32.and ${get("$K")} (i32.const 3)))
  (if ${get("$left")} (then (loop $rest
    ${
    repeat(PANEL, (i) =>
      `(f32.store offset=${i * 4} ${get("$to")} (f32.load ${get(`$r${i}`)}))`)
  }
    ${advance(1)}
    (br_if $rest (local.tee $left (i32.sub ${
    get("$left")
  } (i32.const 1))))))))`;
}

/** One panel of `[K, N]`: 8 columns of each row. */
function copying(): string {
  return `
(func $packCopied
  (param $from i32) (param $to i32) (param $K i32) (param $N i32)
  (loop $rows
    (v128.store ${get("$to")} (v128.load ${get("$from")}))
    (v128.store offset=16 ${get("$to")} (v128.load offset=16 ${get("$from")}))
    (local.set $from ${sum(get("$from"), bytes(get("$N")))})
    (local.set $to ${sum(get("$to"), `(i32.const ${PANEL * 4})`)})
    (br_if $rows (local.tee $K (i32.sub ${get("$K")} (i32.const 1))))))`;
}
