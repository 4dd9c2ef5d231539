// Joint and kept conditions of one edit in turns, in one run: denoising alone,
// 1 and 16 seeds, with all that is kept computed anew each time.
// Usage: deno run -A bench/kept.ts [cpu|webgpu] [steps] [turns]
import { decodeImage } from "@edit-transfer/image";
import type { Conditions } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { loadModel } from "@edit-transfer/transfer";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { markdownTable } from "./markdown_table.ts";

const [kind = "cpu", steps = "35", turns = "5"] = Deno.args;
const picture = (name: string) =>
  decodeImage(
    fileURLToPath(
      new URL(`../fixtures/demo/0000/${name}.png`, import.meta.url),
    ),
  );
const inputs = {
  before: await picture("source"),
  after: await picture("edited"),
  query: await picture("query"),
  edit: "jumping",
};
using device = await openDevice(kind as "cpu" | "webgpu");
await using model = await loadModel(undefined, { device });

/** Milliseconds of what is kept and of denoising, all seeds together. */
async function denoising(conditions: Conditions, seeds: number) {
  using prepared = await model.prepare(inputs);
  const results = await prepared.runSeeds(
    Array.from({ length: seeds }, (_, seed) => seed),
    { conditions, steps: Number(steps) },
  );
  return results.reduce(
    (sum, { timings }) => sum + (timings.keep ?? 0) + timings.denoise,
    0,
  );
}

const cases = [["joint", 1], ["kept", 1], ["kept", 16]] as const;
const times = cases.map((): number[] => []);
for (let turn = -1; turn < Number(turns); turn++) {
  for (const [i, [conditions, seeds]] of cases.entries()) {
    const time = await denoising(conditions, seeds);
    if (turn >= 0) times[i]!.push(time); // the first warms up
  }
}
const medians = times.map((own) => own.sort((a, b) => a - b)[own.length >> 1]!);
process.stdout.write(
  `${device.name}, ${steps} steps, medians of ${turns} turns\n\n`,
);
process.stdout.write(markdownTable(
  ["conditions", "seeds", "ms", "of one joint edit"],
  cases.map(([conditions, seeds], i) => [
    conditions,
    String(seeds),
    medians[i]!.toFixed(0),
    (medians[i]! / medians[0]!).toFixed(2),
  ]),
));
