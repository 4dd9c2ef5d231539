/**
 * Edits and generates with the embedded model at every size that flags allow up
 * to 512 pixels a panel: each ends in a picture or in one sentence. Prints a
 * Markdown table; the exit code is 1 if anything else comes.
 *
 * Usage: deno run -A checks/sizes.ts [--steps 1] [--most 512]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { blankImage, type Image } from "@edit-transfer/image";
import { loadModel } from "@edit-transfer/transfer";

const { values: flags } = parseArgs({
  options: {
    steps: { type: "string", default: "1" },
    most: { type: "string", default: "512" },
  },
});
const steps = Number(flags.steps);
const most = Number(flags.most);

await using model = await loadModel(undefined, { device: "cpu" });
const image = blankImage(64, 64, [90, 140, 200]);
const panels = { before: image, after: image, query: image };

/** What came of one size. */
interface Outcome {
  readonly image?: Image | undefined;
  readonly notices?: readonly string[] | undefined;
  readonly refusal?: string | undefined;
}

const WORK = {
  edit: (side: number) => model.edit({ ...panels, panelSize: side }, { steps }),
  generate: (side: number) =>
    model.generate({ prompt: "a person", width: side, height: side, steps }),
  "generate, wide": (side: number) =>
    model.generate({ prompt: "a person", width: side, height: 16, steps }),
};

async function outcome(work: Promise<Outcome>): Promise<Outcome> {
  try {
    return await work;
  } catch (error) {
    return { refusal: (error as Error).message };
  }
}

let sound = true;
process.stdout.write(
  "| work | sizes | pictures | with a notice | sentences | faults |\n" +
    "| --- | --- | --- | --- | --- | --- |\n",
);
for (const [name, run] of Object.entries(WORK)) {
  const counts = { pictures: 0, noticed: 0, sentences: 0, faults: 0 };
  for (let side = 1; side <= most; side++) {
    const { image, notices, refusal } = await outcome(run(side));
    const isMultiple = side % model.tokenSize === 0;
    if (image?.width === side && isMultiple) {
      counts.pictures++;
      if (notices!.some((one) => /was made for/.test(one))) counts.noticed++;
    } else if (!isMultiple && /^Cannot .*: got \d+$/.test(refusal ?? "")) {
      counts.sentences++;
    } else {
      counts.faults++;
      process.stderr.write(`${name} at ${side}: ${refusal ?? "no picture"}\n`);
    }
  }
  sound &&= counts.faults === 0;
  const cells = [name, `1 to ${most}`, ...Object.values(counts)];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
process.exitCode = sound ? 0 : 1;
