// How far ranks without an answer recover the best of many seeds, on drawn cases.
//
// Usage: deno run -A bench/ranking.ts [--count 12] [--seed 501] [--seeds 16]
//   [--only seen|no-words|unseen]
import { drawCases } from "@edit-transfer/evaluate";
import { type EditScore, gain, scoreEdit } from "@edit-transfer/metrics";
import { loadModel } from "@edit-transfer/transfer";
import process from "node:process";
import { parseArgs } from "node:util";
import { markdownTable } from "./markdown_table.ts";
import { correlation, mean } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "12" },
    seed: { type: "string", default: "501" },
    seeds: { type: "string", default: "16" },
    steps: { type: "string", default: "4" },
    only: { type: "string" },
  },
});
const [count, seed, many, steps] = [
  values.count,
  values.seed,
  values.seeds,
  values.steps,
].map(Number) as [number, number, number, number];

await using model = await loadModel(undefined, {
  device: "cpu",
  keepTextEncoders: true,
});
const seeds = Array.from({ length: many }, (_, i) => i + 1);
const rows: string[][] = [];
for (
  const [key, name, split, told] of [
    ["seen", "seen types of edit", "test", true],
    ["no-words", "the same, without words", "test", false],
    ["unseen", "types that training never showed", "unseen", true],
  ] as const
) {
  if (values.only !== undefined && values.only !== key) continue;
  const cases = await drawCases({ split, seed, count });
  const scores: EditScore[][] = []; // [case, seed]
  const chosen: number[] = [];
  const correlations: number[] = [];
  for (const { words, answer, ...panels } of cases) {
    const text = told ? { edit: words } : { prompt: "" };
    using prepared = await model.prepare({ ...panels, ...text });
    const results = await prepared.runSeeds(seeds, {
      steps,
      conditions: "kept",
    });
    const ranks = await prepared.rank(results);
    const { query } = panels;
    const row = results.map(({ image }) => scoreEdit(image, { query, answer }));
    scores.push(row);
    chosen.push(ranks.findIndex(({ place }) => place === 1));
    correlations.push(
      correlation(
        ranks.map(({ score }) => score),
        row.map((score) => gain.summarize([score])),
      ),
    );
    process.stderr.write(`${name}: ${chosen.length} of ${count}\n`);
  }
  const gains = scores.map((row) => row.map((one) => gain.summarize([one])));
  const spread = gains.map((row) =>
    Math.sqrt(mean(row.map((x) => (x - mean(row)) ** 2)))
  );
  const of = (pick: (row: readonly EditScore[], i: number) => EditScore) =>
    gain.summarize(scores.map(pick));
  const [best, ranked] = [
    of((row) => row.reduce((a, b) => a.outputInside <= b.outputInside ? a : b)),
    of((row, i) => row[chosen[i]!]!),
  ];
  const average = gain.summarize(scores.flat());
  const shares = gains.map((row, i) =>
    (row[chosen[i]!]! - mean(row)) / (Math.max(...row) - mean(row))
  ).sort((a, b) => a - b);
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  rows.push([
    name,
    average.toFixed(3),
    ranked.toFixed(3),
    best.toFixed(3),
    percent((ranked - average) / (best - average)),
    mean(spread).toFixed(3),
    Math.max(...spread).toFixed(3),
    [0.25, 0.5, 0.75].map((q) => percent(shares[Math.floor(q * count)]!))
      .join(", "),
    mean(correlations).toFixed(2),
  ]);
}
process.stdout.write(markdownTable(
  [
    `${count} cases each, ${many} seeds`,
    "mean gain",
    "of the first by rank",
    "of the best",
    "recovered",
    "spread over seeds (mean)",
    "(largest)",
    "recovered in a case (quartiles)",
    "correlation of score and gain",
  ],
  rows,
));
