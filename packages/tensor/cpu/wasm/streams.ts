import { get, loop, type MultiplyAdd, repeat, splat, sum } from "./text.ts";

/** Functions of two variables that the module exports. */
const BINARY = ["add", "sub", "mul", "div", "max", "min"] as const;

/** Vectors of `$bytes`, rounded up: what lies past the end is no tensor's. */
function vectors(body: string): string {
  return loop("$i", { end: get("$bytes"), step: "(i32.const 16)" }, body);
}

const load = (base: string) => `(v128.load ${sum(get(base), get("$i"))})`;
const store = (value: string) =>
  `(v128.store ${sum(get("$y"), get("$i"))} ${value})`;

/** Programs that read and write each element once; addresses in bytes. */
export function streamsWat(madd: MultiplyAdd): string {
  return `
${
    BINARY.map((f) => `
(func (export "${f}") (param $y i32) (param $a i32) (param $b i32)
  (param $bytes i32) (local $i i32)
  ${vectors(store(`(f32x4.${f} ${load("$a")} ${load("$b")})`))})`).join("\n")
  }

(func (export "affine") (param $y i32) (param $x i32) (param $bytes i32)
  (param $alpha f32) (param $beta f32) (local $i i32)
  ${
    vectors(store(`(f32x4.add
      (f32x4.mul (f32x4.splat ${get("$alpha")}) ${load("$x")})
      (f32x4.splat ${get("$beta")}))`))
  })

${
    rowProgram("modulate", ["$shift", "$scale"], {
      vector: madd(
        load("$x"),
        `(f32x4.add ${splat(1)} ${load("$scale")})`,
        load("$shift"),
      ),
    })
  }

${
    rowProgram("addGated", ["$gate", "$branch"], {
      vector: madd(load("$gate"), load("$branch"), load("$x")),
      perRow: ["$branch"],
    })
  }

;; heads of $bytes, whose pairs are turned by the angles of two tables
(func (export "rope") (param $y i32) (param $x i32) (param $cos i32)
  (param $sin i32) (param $bytes i32) (param $heads i32)
  (local $i i32) (local $v v128) (local $t i32)
  (loop $next
    ${
    vectors(`
      (local.set $v ${load("$x")})
      (local.set $t (i32.shr_u ${get("$i")} (i32.const 1)))
      ${
      store(madd(
        `(i8x16.shuffle ${lanes(1, 0, 3, 2)} ${get("$v")} ${get("$v")})`,
        `(f32x4.mul (v128.const f32x4 -1 1 -1 1) ${table("$sin")})`,
        `(f32x4.mul ${get("$v")} ${table("$cos")})`,
      ))
    }`)
  }
    (local.set $x ${sum(get("$x"), get("$bytes"))})
    (local.set $y ${sum(get("$y"), get("$bytes"))})
    (br_if $next (local.tee $heads
      (i32.sub ${get("$heads")} (i32.const 1))))))

;; runs of whole words, in rows that are steps apart
(func (export "copyRows") (param $to i32) (param $toStep i32) (param $from i32)
  (param $fromStep i32) (param $bytes i32) (param $rows i32)
  (local $i i32) (local $whole i32)
  (if (i32.gt_u ${get("$bytes")} (i32.const 8192))
    (then (loop $long
      (memory.copy ${get("$to")} ${get("$from")} ${get("$bytes")})
      ${nextRow("$long")})
      (return)))
  (local.set $whole (i32.and ${get("$bytes")} (i32.const -16)))
  (loop $short
    ${
    loop(
      "$i",
      { end: get("$whole"), step: "(i32.const 16)" },
      `
      (v128.store ${sum(get("$to"), get("$i"))} ${load("$from")})`,
    )
  }
    ${
    loop(
      "$i",
      {
        first: get("$whole"),
        end: get("$bytes"),
        step: "(i32.const 2)",
      },
      `
      (i32.store16 ${sum(get("$to"), get("$i"))}
        (i32.load16_u ${sum(get("$from"), get("$i"))}))`,
    )
  }
    ${nextRow("$short")}))`;
}

function nextRow(label: string): string {
  return `
      (local.set $to ${sum(get("$to"), get("$toStep"))})
      (local.set $from ${sum(get("$from"), get("$fromStep"))})
      (br_if ${label} (local.tee $rows
        (i32.sub ${get("$rows")} (i32.const 1))))`;
}

/** Byte lanes of four f32 lanes. */
function lanes(...order: number[]): string {
  return order.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte))
    .join(" ");
}

/** Two angles of a table, each for both elements of its pair. */
function table(base: string): string {
  const angles = `(v128.load64_zero ${sum(get(base), get("$t"))})`;
  return `(i8x16.shuffle ${lanes(0, 0, 1, 1)} ${angles} ${angles})`;
}

/**
 * `y = vector` for each row of `$bytes`, in order: the last vector of a row may
 * run into the next one, which is written after it. Operands in `perRow`
 * advance with the rows, the others are the same for all.
 */
function rowProgram(
  name: string,
  operands: readonly string[],
  { vector, perRow = [] }: {
    vector: string;
    readonly perRow?: readonly string[] | undefined;
  },
): string {
  const advance = ["$x", "$y", ...perRow];
  return `
(func (export "${name}") (param $y i32) (param $x i32)
  ${operands.map((operand) => `(param ${operand} i32)`).join(" ")}
  (param $bytes i32) (param $rows i32) (local $i i32)
  (loop $next
    ${vectors(store(vector))}
    ${
    repeat(advance.length, (i) =>
      `(local.set ${advance[i]} ${sum(get(advance[i]!), get("$bytes"))})`)
  }
    (br_if $next (local.tee $rows
      (i32.sub ${get("$rows")} (i32.const 1))))))`;
}
