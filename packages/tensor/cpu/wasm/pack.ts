import { FORMS, operand, PANEL } from "./control.ts";
import { bytes, get, product, repeat, sum } from "./text.ts";
import { WIDEN, WIDEN_LOCALS } from "./widen.ts";

/** How elements of a stored type are read, in bytes and as f32. */
interface Elements {
  readonly size: number;
  /** Four neighbours as a vector. */
  readonly four: (at: string, offset?: number) => string;
  /** One of them. */
  readonly one: (at: string) => string;
}

const F32: Elements = {
  size: 4,
  four: (at, offset = 0) => `(v128.load offset=${offset} ${at})`,
  one: (at) => `(f32.load ${at})`,
};

function halves(widen: (x: string) => string): Elements {
  return {
    size: 2,
    four: (at, offset = 0) => widen(`(v128.load16x4_u offset=${offset} ${at})`),
    one: (at) =>
      `(f32x4.extract_lane 0 ${widen(`(i32x4.splat (i32.load16_u ${at}))`)})`,
  };
}

const TYPES: readonly Elements[] = [
  F32,
  halves(WIDEN.bf16),
  halves(WIDEN.f16),
];

/** Parameters of all programs that pack some rows of one panel. */
const PARAMETERS = ["$from", "$to", "$K", "$ld", "$columns"];
const SIGNATURE = PARAMETERS.map((name) => `(param ${name} i32)`).join(" ");

/**
 * Packing of a right operand into panels `[K, 8]`, widened to f32. Columns past
 * the last one of a matrix hold whatever lies there: their products are never
 * stored. `$pack` packs rows k to k + kc of the panel that begins with column j.
 */
export function packWat(): string {
  const p = (name: Parameters<typeof operand<"pack">>[1]) =>
    operand("pack", name);
  const programs = TYPES.flatMap((type, i) => [
    copying(`$copy${i}`, type),
    transposing(`$turn${i}`, type),
  ]);
  const last = FORMS.length - 2;
  const call = (form: number) => {
    const i = form >> 1;
    const { size } = TYPES[i]!;
    const [row, column, ld] = form % 2 === 0
      ? [get("$k"), get("$j"), get("$N")]
      : [get("$j"), get("$k"), get("$K")];
    const skipped = product(
      sum(product(row, ld), column),
      `(i32.const ${size})`,
    );
    return `) (call ${form % 2 === 0 ? "$copy" : "$turn"}${i}
      ${sum(get("$from"), skipped)} ${get("$to")} ${get("$kc")}
      ${product(ld, `(i32.const ${size})`)}
      (i32.sub ${get("$N")} ${get("$j")})) (return)`;
  };
  return `
${programs.join("\n")}

(func $pack (param $form i32) (param $from i32) (param $N i32) (param $K i32)
  (param $j i32) (param $k i32) (param $kc i32) (param $to i32)
  ${repeat(last + 1, (i) => `(block $form${last - i}`)}
    (br_table ${repeat(last + 1, (i) => `$form${i}`)}
      (i32.sub ${get("$form")} (i32.const 1)))
  ${repeat(last + 1, call)})

(func $pack.task (param $i i32) (param $thread i32)
  (local $batch i32) (local $j i32)
  (local.set $batch (i32.div_u ${get("$i")} ${p("panels")}))
  (local.set $j ${
    product(`(i32.rem_u ${get("$i")} ${p("panels")})`, `(i32.const ${PANEL})`)
  })
  (call $pack ${p("form")}
    ${sum(p("from"), product(get("$batch"), p("fromBatch")))}
    ${p("N")} ${p("K")} ${get("$j")} (i32.const 0) ${p("K")}
    ${
    sum(
      p("to"),
      product(get("$batch"), p("toBatch")),
      bytes(product(get("$j"), p("K"))),
    )
  }))`;
}

/** Some columns of 8 rows of `[N, K]` become rows, 4 × 4 at a time. */
function transposing(name: string, { size, four, one }: Elements): string {
  const shuffle = (a: string, b: string, lanes: readonly number[]) =>
    `(i8x16.shuffle ${
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte))
        .join(" ")
    } ${get(a)} ${get(b)})`;
  const half = (first: number) => `
    ${repeat(4, (i) => `(local.set $v${i} ${four(get(`$r${first + i}`))})`)}
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
      (i) =>
        `(local.set $r${i} ${sum(get(`$r${i}`), `(i32.const ${k * size})`)})`,
    ) + `(local.set $to ${sum(get("$to"), `(i32.const ${k * PANEL * 4})`)})`;
  return `
(func ${name} ${SIGNATURE}
  (local $left i32) ${WIDEN_LOCALS}
  ${repeat(PANEL, (i) => `(local $r${i} i32)`)}
  ${repeat(4, (i) => `(local $v${i} v128) (local $t${i} v128)`)}
  (local.set $r0 ${get("$from")})
  ${
    repeat(PANEL - 1, (i) =>
      `(local.set $r${i + 1} (select
        ${sum(get(`$r${i}`), get("$ld"))} ${get(`$r${i}`)}
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
      `(f32.store offset=${i * 4} ${get("$to")} ${one(get(`$r${i}`))})`)
  }
    ${advance(1)}
    (br_if $rest (local.tee $left (i32.sub ${
    get("$left")
  } (i32.const 1))))))))`;
}

/** 8 columns of some rows of `[K, N]`. */
function copying(name: string, { size, four }: Elements): string {
  return `
(func ${name} ${SIGNATURE} ${WIDEN_LOCALS}
  (loop $rows
    (v128.store ${get("$to")} ${four(get("$from"))})
    (v128.store offset=16 ${get("$to")} ${four(get("$from"), 4 * size)})
    (local.set $from ${sum(get("$from"), get("$ld"))})
    (local.set $to ${sum(get("$to"), `(i32.const ${PANEL * 4})`)})
    (br_if $rows (local.tee $K (i32.sub ${get("$K")} (i32.const 1))))))`;
}
