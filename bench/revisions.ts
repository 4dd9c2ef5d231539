/**
 * A bench file in two checkouts of this repository, in turns: what a change
 * brought, on a machine whose speed varies.
 *
 * Prints the mean of each process in milliseconds, and the ratio of each pair.
 *
 * Usage: deno run -A bench/revisions.ts OLD NEW [--file bench/edit_bench.ts]
 *   [--filter cpu] [--rounds 5]
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { markdownTable } from "./markdown_table.ts";

const { values: flags, positionals: checkouts } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: "string", default: "bench/edit_bench.ts" },
    filter: { type: "string", default: "cpu" },
    rounds: { type: "string", default: "5" },
  },
});
if (checkouts.length !== 2) {
  throw new Error(
    `Cannot compare revisions as two checkouts are needed: got ${checkouts.length}`,
  );
}

/** Milliseconds of the first bench of the file that the filter leaves. */
function milliseconds(checkout: string): number {
  const { file, filter } = flags;
  const args = ["bench", "-A", "--no-check", "--json", "--filter", filter];
  const { stdout, stderr, status } = spawnSync(
    Deno.execPath(),
    [...args, file],
    { cwd: checkout, encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  if (status !== 0) {
    throw new Error(`The bench of ${checkout} failed: ${stderr}`);
  }
  const { benches } = JSON.parse(stdout.slice(stdout.indexOf("{")));
  return benches[0].results[0].ok.avg / 1e6;
}

const pairs: { old: number; now: number }[] = [];
for (let round = 0; round < Number(flags.rounds); round++) {
  const [old, now] = checkouts.map(milliseconds) as [number, number];
  pairs.push({ old, now });
  process.stderr.write(`${old.toFixed(0)} ms, ${now.toFixed(0)} ms\n`);
}
const median = (values: number[]) =>
  values.sort((a, b) => a - b)[values.length >> 1]!;
const row = (name: string, of: (pair: typeof pairs[number]) => number) => [
  name,
  ...pairs.map((pair) => of(pair).toFixed(2)),
  median(pairs.map(of)).toFixed(2),
];
const header = ["", ...pairs.map((_, i) => `${i + 1}`), "median"];
process.stdout.write(markdownTable(header, [
  row("before, ms", ({ old }) => old),
  row("now, ms", ({ now }) => now),
  row("before over now", ({ old, now }) => old / now),
]));
