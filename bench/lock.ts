// What a lock does to gain and keep, on drawn cases.
//
// Usage: deno run -A bench/lock.ts [--count 48] [--seed 302] [--steps 4]
import { drawCases } from "@edit-transfer/evaluate";
import {
  type EditScore,
  gain,
  keep,
  lock,
  measureShift,
  scoreEdit,
} from "@edit-transfer/metrics";
import { loadModel } from "@edit-transfer/transfer";
import process from "node:process";
import { parseArgs } from "node:util";
import { markdownTable } from "./markdown_table.ts";
import { mean } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "48" },
    seed: { type: "string", default: "302" },
    steps: { type: "string", default: "4" },
  },
});
const [count, seed, steps] = [values.count, values.seed, values.steps]
  .map(Number) as [number, number, number];

const cases = await drawCases({ split: "test", seed, count });
await using model = await loadModel(undefined, {
  device: "cpu",
  keepTextEncoders: true,
});
const free: EditScore[] = [];
const locked: EditScore[] = [];
const kept: number[] = []; // share of pixels that are the query's
const shifts: number[] = []; // pixels from where the answer lies
for (const [seed, { words, answer, ...panels }] of cases.entries()) {
  using prepared = await model.prepare({ ...panels, edit: words });
  const { image, latents } = await prepared.run({ seed, steps });
  const { query } = panels;
  const { seen } = await prepared.comparison!();
  const { image: other, mask } = lock(image, query, {
    seen,
    latents: {
      query: prepared.latents[2],
      output: latents,
      shape: prepared.layout.answerShape,
    },
  });
  free.push(scoreEdit(image, { query, answer }));
  locked.push(scoreEdit(other, { query, answer }));
  kept.push(mean([...mask].map((m) => Number(m === 0))));
  const [made, due] = [measureShift(image, seen), measureShift(answer, query)];
  shifts.push(Math.hypot(made.x - due.x, made.y - due.y));
  process.stderr.write(`${kept.length} of ${count}\n`);
}
process.stdout.write(markdownTable(
  ["", "gain", "keep (dB)"],
  ([["free", free], ["locked", locked]] as const).map(([name, scores]) => [
    name,
    gain.summarize(scores).toFixed(3),
    keep.summarize(scores).toFixed(1),
  ]),
));
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
process.stdout.write(
  `\n${percent(mean(kept))} of the pixels are the query's own. ${
    percent(mean(shifts.map((pixels) => Number(pixels < 0.5))))
  } of the outputs lie within half a pixel of the answer's shift.\n`,
);
