// How the size of a change follows the strength of an edit, on drawn cases.
//
// Usage: deno run -A bench/strength.ts [--count 32] [--seed 401] [--steps 4]
import { drawCases } from "@edit-transfer/evaluate";
import type { Image } from "@edit-transfer/image";
import { gain, keep, scoreEdit } from "@edit-transfer/metrics";
import { loadModel } from "@edit-transfer/transfer";
import process from "node:process";
import { parseArgs } from "node:util";
import { markdownTable } from "./markdown_table.ts";
import { correlation, mean, ranks } from "./statistics.ts";

const STRENGTHS = [-0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "32" },
    seed: { type: "string", default: "401" },
    steps: { type: "string", default: "4" },
  },
});
const [count, seed, steps] = [values.count, values.seed, values.steps]
  .map(Number) as [number, number, number];

/** Share of the true change that an output made: `⟨o − q, a − q⟩ / ‖a − q‖²`. */
function along(output: Image, query: Image, answer: Image): number {
  let made = 0;
  let all = 0;
  for (let k = 0; k < query.data.length; k++) {
    const change = answer.data[k]! - query.data[k]!;
    made += (output.data[k]! - query.data[k]!) * change;
    all += change ** 2;
  }
  return made / all;
}

const cases = await drawCases({ split: "test", seed, count });
await using model = await loadModel(undefined, {
  device: "cpu",
  keepTextEncoders: true,
});
const sizes: number[][] = []; // [case, strength]
const scores = STRENGTHS.map(() => [] as ReturnType<typeof scoreEdit>[]);
for (const [seed, { words, answer, ...panels }] of cases.entries()) {
  using prepared = await model.prepare({ ...panels, edit: words });
  const row: number[] = [];
  for (const [i, strength] of STRENGTHS.entries()) {
    const { image } = await prepared.run({ seed, steps, strength });
    row.push(along(image, panels.query, answer));
    scores[i]!.push(scoreEdit(image, { query: panels.query, answer }));
  }
  sizes.push(row);
  process.stderr.write(`${sizes.length} of ${count}\n`);
}

process.stdout.write(markdownTable(
  ["strength", "size of the change", "gain", "keep (dB)"],
  STRENGTHS.map((strength, i) => [
    String(strength),
    mean(sizes.map((row) => row[i]!)).toFixed(2),
    gain.summarize(scores[i]!).toFixed(2),
    keep.summarize(scores[i]!).toFixed(1),
  ]),
));
const each = sizes.map((row) => correlation(ranks(STRENGTHS), ranks(row)));
const pooled = correlation(
  ranks(sizes.flatMap(() => STRENGTHS)),
  ranks(sizes.flat()),
);
process.stdout.write(
  `\nSpearman of strength and size: ${mean(each).toFixed(3)} a case (mean), ${
    Math.min(...each).toFixed(3)
  } at least, ${pooled.toFixed(3)} of all ${sizes.flat().length} pictures.\n`,
);
