import assert from "node:assert/strict";
import { plotOf } from "./plot.ts";
import type { Row } from "./row.ts";
import { tableOf } from "./table.ts";

const summary = (gain: number) => ({
  cases: 4,
  gain,
  gainError: 0.1,
  keep: 30,
  win: 0.5,
});
const row = (types: number, examples: number, gain: number): Row => ({
  types,
  examples,
  distinct: types * examples,
  loss: types === 0 ? undefined : 0.5,
  seconds: 1,
  summaries: {
    all: summary(gain),
    few: summary(gain),
    rest: types === 21 ? undefined : summary(gain),
  },
});
const rows = [
  row(0, 0, -0.8),
  row(10, 1, -0.001),
  row(10, 8, 0.5),
  row(21, 1, 0.1),
];

Deno.test("plotOf() draws a point for each measure and a line for the base", () => {
  const svg = plotOf(rows, { all: "A", few: "B", rest: "C" });
  assert.equal(svg.match(/<circle/g)?.length, 3 + 3 + 2);
  assert.equal(svg.match(/stroke-dasharray/g)?.length, 3);
  assert.match(svg, />−1<.*>1</s);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});

Deno.test("tableOf() leaves out what was not measured", () => {
  const lines = tableOf(rows).trim().split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()).slice(1, -1));
  assert.equal(lines.length, 2 + rows.length);
  assert.deepEqual(lines[2]!.slice(0, 4), [
    "no fine-tuning",
    "",
    "",
    "−0.80 ± 0.10",
  ]);
  assert.deepEqual(lines[3]!.slice(0, 4), ["10", "1", "10", "0.00 ± 0.10"]);
  assert.deepEqual(lines[5]!.slice(-3), ["", "", "0.500"]);
});
