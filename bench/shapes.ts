/**
 * Gain of the embedded model, which was made for squares, on drawn cases of other
 * ratios, with panels of their ratio and with the whole picture in a square.
 *
 * Usage: deno run -A bench/shapes.ts [cases]
 */
import { drawCases } from "@edit-transfer/evaluate";
import type { Image } from "@edit-transfer/image";
import { gain, keep, win } from "@edit-transfer/metrics";
import { loadModel } from "@edit-transfer/transfer";
import process from "node:process";

const SIZES = [[64, 64], [96, 64], [64, 96]] as const;
const FITS = ["match", "whole"] as const;

const [count = 64] = Deno.args.map(Number);
await using model = await loadModel(undefined, {
  device: "cpu",
  keepTextEncoders: true,
});
process.stdout.write("| size | fit | cases | gain | keep | win |\n");
process.stdout.write("| --- | --- | ---: | ---: | ---: | ---: |\n");
for (const [width, height] of SIZES) {
  const size = { width, height };
  const cases = await drawCases({ split: "test", seed: 1, count, size });
  for (const fit of width === height ? ["match"] as const : FITS) {
    const outputs: Image[] = [];
    for (const [seed, { words, ...inputs }] of cases.entries()) {
      const { image } = await model.edit({ ...inputs, edit: words, fit }, {
        seed,
      });
      outputs.push(image);
    }
    const score = async (
      { score, summarize, digits }: typeof gain | typeof keep | typeof win,
    ) => {
      const scores = [];
      for (const [i, output] of outputs.entries()) {
        scores.push(
          await score(output, { ...cases[i]!, answer: cases[i]!.answer! }),
        );
      }
      return (summarize as (scores: unknown[]) => number)(scores)
        .toFixed(digits);
    };
    const row = [
      `${width}x${height}`,
      fit,
      cases.length,
      await score(gain),
      await score(keep),
      await score(win),
    ];
    process.stdout.write(`| ${row.join(" | ")} |\n`);
  }
}
