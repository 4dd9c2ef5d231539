import {
  BLOCK,
  MAX_BLOCK,
  MAX_ROWS,
  operand,
  PANEL,
  TILE_ROWS,
} from "./control.ts";
import { epilogueWat } from "./epilogue.ts";
import {
  bytes,
  get,
  loop,
  type MultiplyAdd,
  product,
  repeat,
  sum,
} from "./text.ts";

/** Vectors of a panel row. */
const VECTORS = PANEL / 4;
/** Steps of K that are unrolled. */
const UNROLL = 4;
/** Bytes of a panel row. */
const PANEL_BYTES = PANEL * 4;

/**
 * Product with a right operand packed in panels of 8 columns, each `[K, 8]`.
 *
 * `$tile{r}` holds r × 8 sums in registers over a block of K; `$block` covers
 * some rows and columns with tiles; a task is one block of the result.
 */
export function gemmWat(madd: MultiplyAdd): string {
  return `
${repeat(TILE_ROWS, (i) => tile(i + 1, madd))}
${tileOf()}
${block()}
${epilogueWat(madd)}
${task()}`;
}

/**
 * Sums `rows` × 8: from `init` if it is not 0, else on top of what c holds.
 * One or two rows are summed in several chains, as a sum has to wait for the
 * one before it in its chain.
 */
function tile(rows: number, madd: MultiplyAdd): string {
  const chains = rows === 1 ? 4 : rows === 2 ? 2 : 1;
  const each = (line: (i: number, j: number) => string) =>
    repeat(rows, (i) => repeat(VECTORS, (j) => line(i, j)));
  const chained = (line: (sum: string, other: string) => string) =>
    each((i, j) =>
      repeat(chains - 1, (n) => line(`$c${i}_${j}`, `$c${i}_${j}_${n + 1}`))
    );
  const name = (i: number, j: number, k: number) =>
    k % chains === 0 ? `$c${i}_${j}` : `$c${i}_${j}_${k % chains}`;
  const step = (k: number) =>
    repeat(
      VECTORS,
      (j) =>
        `(local.set $b${j} (v128.load offset=${k * PANEL_BYTES + j * 16} ${
          get("$b")
        }))`,
    ) + repeat(rows, (i) =>
      `(local.set $s (v128.load32_splat offset=${k * 4} ${get(`$a${i}`)}))` +
      repeat(VECTORS, (j) =>
        `(local.set ${name(i, j, k)} ${
          madd(get("$s"), get(`$b${j}`), get(name(i, j, k)))
        })`));
  const advance = (steps: number) =>
    repeat(
      rows,
      (i) =>
        `(local.set $a${i} ${sum(get(`$a${i}`), `(i32.const ${steps * 4})`)})`,
    ) +
    `(local.set $b ${sum(get("$b"), `(i32.const ${steps * PANEL_BYTES})`)})`;
  return `
(func $tile${rows}
  (param $a i32) (param $lda i32) (param $b i32) (param $c i32) (param $ldc i32)
  (param $kc i32) (param $init i32)
  (local $s v128) (local $left i32)
  ${repeat(VECTORS, (j) => `(local $b${j} v128)`)}
  ${each((i, j) => `(local $c${i}_${j} v128)`)}
  ${chained((_, other) => `(local ${other} v128)`)}
  ${repeat(rows, (i) => `(local $a${i} i32) (local $p${i} i32)`)}
  ${
    repeat(rows, (i) =>
      i === 0
        ? `(local.set $a0 ${get("$a")}) (local.set $p0 ${get("$c")})`
        : `(local.set $a${i} ${sum(get(`$a${i - 1}`), get("$lda"))})
           (local.set $p${i} ${sum(get(`$p${i - 1}`), get("$ldc"))})`)
  }
  (if ${get("$init")}
    (then ${
    each((i, j) =>
      `(local.set $c${i}_${j} (v128.load offset=${j * 16} ${get("$init")}))`
    )
  })
    (else ${
    each((i, j) =>
      `(local.set $c${i}_${j} (v128.load offset=${j * 16} ${get(`$p${i}`)}))`
    )
  }))
  (local.set $left (i32.shr_u ${get("$kc")} (i32.const 2)))
  (if ${get("$left")} (then (loop $unrolled
    ${repeat(UNROLL, step)}
    ${advance(UNROLL)}
    (br_if $unrolled
      (local.tee $left (i32.sub ${get("$left")} (i32.const 1)))))))
  (local.set $left (i32.and ${get("$kc")} (i32.const 3)))
  (if ${get("$left")} (then (loop $rest
    ${step(0)}
    ${advance(1)}
    (br_if $rest (local.tee $left (i32.sub ${get("$left")} (i32.const 1)))))))
  ${
    chained((total, other) =>
      `(local.set ${total} (f32x4.add ${get(total)} ${get(other)}))`
    )
  }
  ${
    each((i, j) =>
      `(v128.store offset=${j * 16} ${get(`$p${i}`)} ${get(`$c${i}_${j}`)})`
    )
  })`;
}

/** Picks the tile of 1 to 6 rows. */
function tileOf(): string {
  const names = ["$a", "$lda", "$b", "$c", "$ldc", "$kc", "$init"];
  const args = names.map(get).join(" ");
  return `
(func $tile (param $rows i32)
  ${names.map((name) => `(param ${name} i32)`).join(" ")}
  ${repeat(TILE_ROWS, (i) => `(block $rows${TILE_ROWS - i}`)}
    (br_table ${repeat(TILE_ROWS, (i) => `$rows${i + 1}`)}
      (i32.sub ${get("$rows")} (i32.const 1)))
  ${repeat(TILE_ROWS, (i) => `) (call $tile${i + 1} ${args}) (return)`)})`;
}

/**
 * `c[rows, first..end) = a[rows, K] b`, begun with zeros, the bias or what c
 * holds. Columns of a right operand that is not in panels are packed into the
 * scratch of the thread, a block of K at a time. A last panel that is not whole
 * is summed in `$spill`, 6 × 8 elements, and copied from there.
 */
function block(): string {
  const aRow = sum(get("$a"), product(get("$i"), get("$lda")));
  const cRow = sum(
    get("$c"),
    product(get("$i"), get("$ldc")),
    bytes(get("$j")),
  );
  const least = (a: string, b: string) =>
    `(select ${a} ${b} (i32.lt_u ${a} ${b}))`;
  const rowsHere = (end: string) =>
    least(`(i32.const ${TILE_ROWS})`, `(i32.sub ${end} ${get("$i")})`);
  const pack = (k: string, kc: string, to: string) =>
    `(call $pack ${get("$form")} ${get("$b")} ${get("$N")} ${get("$K")}
      ${get("$j")} ${k} ${kc} ${to})`;
  // address of what a tile begins with, or 0 for what c holds
  const start = `(select (i32.const 0)
    (select ${sum(get("$bias"), bytes(get("$j")))} ${get("$bias")}
      (i32.eq ${get("$init")} (i32.const 1)))
    (i32.eq ${get("$init")} (i32.const 2)))`;
  const cut = bytes(`(i32.sub ${get("$N")} ${get("$whole")})`);
  const copyRows = (to: string, from: string) =>
    loop("$n", { end: get("$r") }, `(memory.copy ${to} ${from} ${cut})`);
  const spillRow = sum(
    get("$spill"),
    product(get("$n"), `(i32.const ${PANEL_BYTES})`),
  );
  const cutRow = sum(cRow, product(get("$n"), get("$ldc")));
  const panels = (body: string) =>
    loop("$j", {
      first: get("$first"),
      end: get("$whole"),
      step: `(i32.const ${PANEL})`,
    }, `${body} (local.set $panel ${sum(get("$panel"), get("$step"))})`);
  return `
(func $block
  (param $a i32) (param $lda i32) (param $b i32) (param $c i32) (param $ldc i32)
  (param $rows i32) (param $first i32) (param $end i32) (param $N i32)
  (param $K i32) (param $bias i32) (param $init i32) (param $spill i32)
  (param $form i32) (param $scratch i32)
  (local $k i32) (local $kc i32) (local $j i32) (local $i i32) (local $whole i32)
  (local $panels i32) (local $step i32) (local $panel i32) (local $start i32)
  (local $r i32) (local $n i32) (local $row i32) (local $rowEnd i32)
  ;; columns in whole panels
  (local.set $whole ${
    least(`(i32.and ${get("$N")} (i32.const ${-PANEL}))`, get("$end"))
  })
  (loop $blocks
    (local.set $kc (i32.sub ${get("$K")} ${get("$k")}))
    (if (i32.gt_u ${get("$kc")} (i32.const ${MAX_BLOCK}))
      (then (local.set $kc (i32.const ${BLOCK}))))
    ;; the panels of this block, and the bytes from one to the next
    (if ${get("$form")}
      (then
        (local.set $panels ${get("$scratch")})
        (local.set $step ${product(get("$kc"), `(i32.const ${PANEL_BYTES})`)})
        (local.set $panel ${get("$panels")})
        ${panels(pack(get("$k"), get("$kc"), get("$panel")))})
      (else
        (local.set $panels ${
    sum(
      get("$b"),
      bytes(product(get("$first"), get("$K"))),
      product(get("$k"), `(i32.const ${PANEL_BYTES})`),
    )
  })
        (local.set $step ${product(get("$K"), `(i32.const ${PANEL_BYTES})`)})))
    ${
    loop(
      "$row",
      { end: get("$rows"), step: `(i32.const ${MAX_ROWS})` },
      `
    (local.set $rowEnd ${
        least(sum(get("$row"), `(i32.const ${MAX_ROWS})`), get("$rows"))
      })
    (local.set $panel ${get("$panels")})
    ${
        panels(`
      (local.set $start (if (result i32) ${get("$k")}
        (then (i32.const 0)) (else ${start})))
      ${
          loop(
            "$i",
            {
              first: get("$row"),
              end: get("$rowEnd"),
              step: `(i32.const ${TILE_ROWS})`,
            },
            `
        (local.set $r ${rowsHere(get("$rowEnd"))})
        (if (i32.eq ${get("$r")} (i32.const ${TILE_ROWS}))
          (then (call $tile${TILE_ROWS} ${sum(aRow, bytes(get("$k")))}
            ${get("$lda")} ${get("$panel")} ${cRow} ${get("$ldc")}
            ${get("$kc")} ${get("$start")}))
          (else (call $tile ${get("$r")} ${sum(aRow, bytes(get("$k")))}
            ${get("$lda")} ${get("$panel")} ${cRow} ${get("$ldc")}
            ${get("$kc")} ${get("$start")})))`,
          )
        }`)
      }`,
    )
  }
    (local.set $k ${sum(get("$k"), get("$kc"))})
    (br_if $blocks (i32.lt_u ${get("$k")} ${get("$K")})))
  ;; the last panel, if it is cut
  (if (i32.ge_u ${get("$whole")} ${get("$end")}) (then (return)))
  (local.set $j ${get("$whole")})
  (local.set $panel (if (result i32) ${get("$form")}
    (then ${pack("(i32.const 0)", get("$K"), get("$scratch"))} ${
    get("$scratch")
  })
    (else ${sum(get("$b"), bytes(product(get("$j"), get("$K"))))})))
  (local.set $start ${start})
  ${
    loop(
      "$i",
      { end: get("$rows"), step: `(i32.const ${TILE_ROWS})` },
      `
    (local.set $r ${rowsHere(get("$rows"))})
    (if (i32.eqz ${get("$start")}) (then ${copyRows(spillRow, cutRow)}))
    (call $tile ${get("$r")} ${aRow} ${get("$lda")} ${get("$panel")}
      ${get("$spill")} (i32.const ${PANEL_BYTES}) ${get("$K")} ${get("$start")})
    ${copyRows(cutRow, spillRow)}`,
    )
  })`;
}

/** One block of the result of a job. */
function task(): string {
  const p = (name: Parameters<typeof operand<"gemm">>[1]) =>
    operand("gemm", name);
  const rowTask = `(i32.rem_u (i32.div_u ${get("$i")} ${p("columnTasks")}) ${
    p("rowTasks")
  })`;
  const batch = `(i32.div_u ${get("$i")} ${
    product(p("rowTasks"), p("columnTasks"))
  })`;
  return `
(func $gemm.task (param $i i32) (param $thread i32)
  (local $batch i32) (local $row i32) (local $rows i32) (local $first i32)
  (local $end i32) (local $c i32)
  (local.set $batch ${batch})
  (local.set $row ${product(rowTask, p("rows"))})
  (local.set $rows (i32.sub ${p("M")} ${get("$row")}))
  (if (i32.gt_u ${get("$rows")} ${p("rows")})
    (then (local.set $rows ${p("rows")})))
  (local.set $first ${
    product(`(i32.rem_u ${get("$i")} ${p("columnTasks")})`, p("columns"))
  })
  (local.set $end ${sum(get("$first"), p("columns"))})
  (if (i32.gt_u ${get("$end")} ${p("N")}) (then (local.set $end ${p("N")})))
  ;; bytes from the first element of c
  (local.set $c ${
    sum(
      product(get("$batch"), p("cBatch")),
      product(get("$row"), p("ldc")),
    )
  })
  (call $block
    ${
    sum(
      p("a"),
      product(get("$batch"), p("aBatch")),
      product(get("$row"), p("lda")),
    )
  }
    ${p("lda")}
    ${sum(p("b"), product(get("$batch"), p("bBatch")))}
    ${sum(p("c"), get("$c"))}
    ${p("ldc")} ${get("$rows")} ${get("$first")} ${get("$end")} ${p("N")}
    ${p("K")} ${p("bias")} ${p("init")} (call $spill ${get("$thread")})
    ${p("form")}
    ${sum(p("scratch"), product(get("$thread"), p("scratchBytes")))})
  (call $epilogue ${sum(get("$c"), bytes(get("$first")))}
    ${sum(product(get("$batch"), p("M")), get("$row"))} ${get("$rows")}
    ${get("$first")} (i32.sub ${get("$end")} ${get("$first")})
    (call $spill ${get("$thread")})))`;
}
