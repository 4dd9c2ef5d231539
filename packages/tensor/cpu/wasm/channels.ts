import { get, loop, type MultiplyAdd, sum } from "./text.ts";

const at = (base: string) => sum(get(base), get("$i"));
const load = (base: string) => `(v128.load ${at(base)})`;

/**
 * What a group norm is made of: sums over rows for each of C channels, and
 * `y = gain x + offset`. Rows have whole vectors.
 */
export function channelsWat(madd: MultiplyAdd): string {
  const program = (
    name: string,
    { operands, value, steps }: {
      operands: readonly string[];
      value: string;
      /** Operands that advance with the rows. */
      steps: readonly string[];
    },
  ) => `
(func (export "${name}") (param $y i32) (param $x i32) (param $rows i32)
  (param $bytes i32) ${operands.map((name) => `(param ${name} i32)`).join(" ")}
  (local $i i32) (local $v v128)
  (loop $next
    ${
    loop(
      "$i",
      { end: get("$bytes"), step: "(i32.const 16)" },
      `(v128.store ${at("$y")} ${value})`,
    )
  }
    ${
    steps.map((name) => `(local.set ${name} ${sum(get(name), get("$bytes"))})`)
      .join("\n")
  }
    (br_if $next (local.tee $rows (i32.sub ${get("$rows")} (i32.const 1))))))`;
  const distance = `(local.tee $v (f32x4.sub ${load("$x")} ${load("$mean")}))`;
  return program("sumChannels", {
    operands: [],
    value: `(f32x4.add ${load("$y")} ${load("$x")})`,
    steps: ["$x"],
  }) + program("squareChannels", {
    operands: ["$mean"],
    value: madd(distance, get("$v"), load("$y")),
    steps: ["$x"],
  }) + program("scaleChannels", {
    operands: ["$gain", "$offset"],
    value: madd(load("$gain"), load("$x"), load("$offset")),
    steps: ["$x", "$y"],
  });
}
