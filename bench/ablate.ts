/**
 * Ablations in miniature: trains small LoRAs that differ in the number of edit
 * types and of examples of each, and measures them on the same cases.
 *
 * Every training begins at the same values and takes as many steps of as many
 * samples. Few types are among many, few examples among many. The case that
 * has no training is the base model alone.
 *
 * Writes `ablate.json`, `table.md`, `ablations.svg`, `ablations.png` and
 * `sheet.png` (the same cases edited by each) into the folder of `--out`, after
 * each training what there is. LoRAs lie there too and are taken again by a later
 * run with the same settings. `--publish` copies table and plot to `bench` and
 * `docs` at the end; `--redraw` makes them from the numbers that are there.
 *
 * Usage: deno run -A bench/ablate.ts [--types 10,21] [--examples 1,2,8,64]
 *   [--steps 420] [--batch 4] [--seed 1] [--cases 32] [--edit-steps 35]
 *   [--lr 1.5e-3] [--config configs/edit_transfer.yaml] [--out out/ablate] [--publish]
 *   [--redraw]
 */
import { SeededRandom } from "@edit-transfer/dataset";
import {
  type AnsweredCase,
  caseOf,
  contactSheet,
} from "@edit-transfer/evaluate";
import { EDIT_TYPES } from "@edit-transfer/figures";
import { atomicWrite, hashFile } from "@edit-transfer/files";
import { attachLora, readLora } from "@edit-transfer/lora";
import { loadPipeline } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { openSafetensors } from "@edit-transfer/weights";
import { mkdir, readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { locateModel } from "../apps/train/locate_model.ts";
import { parseConfig } from "../apps/train/parse_config.ts";
import { resolveConfig } from "../apps/train/resolve_config.ts";
import { drawByType } from "./ablate/draw_by_type.ts";
import { editCases, type Outcome } from "./ablate/edit_cases.ts";
import { Encoder } from "./ablate/encoder.ts";
import { publish } from "./ablate/publish.ts";
import type { Report, Row } from "./ablate/row.ts";
import { savedCell } from "./ablate/saved_cell.ts";
import { summaryOf } from "./ablate/summary.ts";
import { tableOf } from "./ablate/table.ts";
import { trainCell } from "./ablate/train_cell.ts";
import { REPORT, writeReport } from "./ablate/write_report.ts";

/** Seed of the test cases, that of the committed evaluation. */
const TEST_SEED = 1;
const SHEET_ROWS = 12;

const { values: flags } = parseArgs({
  options: {
    types: { type: "string", default: "10,21" },
    examples: { type: "string", default: "1,2,8,64" },
    steps: { type: "string", default: "420" },
    batch: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "32" },
    "edit-steps": { type: "string", default: "35" },
    lr: { type: "string" },
    config: { type: "string", default: "configs/edit_transfer.yaml" },
    out: { type: "string", default: "out/ablate" },
    publish: { type: "boolean", default: false },
    redraw: { type: "boolean", default: false },
  },
});
if (flags.redraw) {
  const known = await readFile(join(flags.out, REPORT), "utf8");
  await writeReport(flags.out, JSON.parse(known) as Report);
  if (flags.publish) await publish(flags.out);
  process.exit(0);
}
const numbersOf = (text: string) =>
  text.split(",").map(Number).sort((a, b) => a - b);
const typeCounts = numbersOf(flags.types);
const exampleCounts = numbersOf(flags.examples);
const [caseCount, editSteps, seed] = [
  Number(flags.cases),
  Number(flags["edit-steps"]),
  Number(flags.seed),
];
const counts = [...typeCounts, ...exampleCounts, caseCount, editSteps];
if (
  !counts.every((n) => Number.isInteger(n) && n >= 1) ||
  typeCounts.at(-1)! > EDIT_TYPES.length
) {
  throw new RangeError(
    `Cannot ablate as counts must be integers >= 1, and types at most ${EDIT_TYPES.length}: got ${
      JSON.stringify(flags)
    }`,
  );
}

// 1. what all trainings share
const text = await readFile(flags.config, "utf8");
const read = (set: readonly string[]) =>
  resolveConfig(parseConfig(text, { path: flags.config, set })).config;
const { warmup, steps: fullSteps } = read([]).train;
const config = await locateModel(read([
  `train.steps=${flags.steps}`,
  `train.batch_size=${flags.batch}`,
  `train.seed=${seed}`,
  `train.lr_warmup_steps=${
    Math.round(warmup * Number(flags.steps) / fullSteps)
  }`,
  ...(flags.lr === undefined ? [] : [`train.lr=${flags.lr}`]),
]));
const { train, network } = config;
const { template: own, captionDropout } = config.data[0]!;
const device = await openDevice("cpu");
const pipeline = await loadPipeline(config.model, {
  device,
  keepTextEncoders: true,
});
const template = own ?? pipeline.template;
const encoder = new Encoder(pipeline);
const order = new SeededRandom(seed).permutation(EDIT_TYPES.length)
  .map((i) => EDIT_TYPES[i]!.name);
const few = order.slice(0, typeCounts[0]);
const composites = drawByType({
  split: "train",
  seed,
  each: exampleCounts.at(-1)!,
  template,
});
const cases = await testCases();
const hashOf = (part: string) => hashFile(join(config.model, part));
const model = {
  transformer: await hashOf("transformer/diffusion_pytorch_model.safetensors"),
  vae: await hashOf("vae/diffusion_pytorch_model.safetensors"),
};

// 2. the base model, then one training after the other
await mkdir(flags.out, { recursive: true });
const rows: Row[] = [];
const outcomes: Outcome[] = [];
const measure = async (row: Omit<Row, "summaries">) => {
  const start = performance.now();
  const outcome = await editCases(pipeline, cases, {
    template,
    steps: editSteps,
  });
  const seconds = (performance.now() - start) / 1000;
  const { scores } = outcome;
  const isFew = cases.map(({ types: [type] }) => few.includes(type!));
  rows.push({
    ...row,
    summaries: {
      all: summaryOf(scores),
      few: summaryOf(scores.filter((_, i) => isFew[i])),
      rest: summaryOf(scores.filter((_, i) => !isFew[i])),
    },
  });
  outcomes.push(outcome);
  process.stderr.write(
    `edited ${cases.length} cases in ${seconds.toFixed(0)} s\n`,
  );
  await report();
};
await measure({
  types: 0,
  examples: 0,
  distinct: 0,
  loss: undefined,
  seconds: 0,
});
for (const types of typeCounts) {
  for (const examples of exampleCounts) {
    const path = join(flags.out, `${types}x${examples}`);
    const numbers = await savedCell(path, {
      settings: {
        types: order.slice(0, types),
        examples,
        train,
        network,
        template,
        captionDropout,
        model: model.transformer, // the decoder does not matter to it
      },
      alpha: network.alpha,
      train: () =>
        trainCell(
          pipeline,
          order.slice(0, types).flatMap((type) =>
            composites.get(type)!.slice(0, examples)
          ),
          { train, network, captionDropout, encoder },
        ),
    });
    process.stderr.write(
      `${types} types, ${examples} of each: loss ${numbers.loss.toFixed(4)}, ${
        numbers.seconds.toFixed(0)
      } s\n`,
    );
    await using source = await openSafetensors(`${path}.safetensors`);
    const lora = await readLora(source);
    const transformer = await pipeline.transformer();
    using _attached = attachLora(transformer.linears(), lora);
    await measure({ types, examples, ...numbers });
  }
}
process.stdout.write(tableOf(rows));
if (flags.publish) await publish(flags.out);
await pipeline[Symbol.asyncDispose]();
device[Symbol.dispose]();
process.exit(0); // a GPU library may otherwise keep the process alive

/** As many cases of each type as the count allows, with unseen figures. */
async function testCases(): Promise<AnsweredCase[]> {
  const drawn = drawByType({
    split: "test",
    seed: TEST_SEED,
    each: Math.ceil(caseCount / order.length),
  });
  const all = [...drawn.values()];
  const turns = all[0]!.flatMap((_, turn) => all.map((own) => own[turn]!));
  return await Promise.all(
    turns.slice(0, caseCount).map((drawn) => caseOf(drawn)),
  );
}

/** Writes all that is known so far. */
async function report(): Promise<void> {
  await writeReport(flags.out, {
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores of ${
      cpus()[0]?.model.trim() ?? "an unknown processor"
    }, ${device.name}`,
    model,
    few,
    steps: train.steps,
    batch: train.batchSize,
    lr: train.lr,
    seed,
    cases: cases.length,
    editSteps,
    rows,
  });
  const shown = cases.slice(0, SHEET_ROWS).map((one, i) => ({
    panels: [
      one.before,
      one.after,
      one.query,
      ...outcomes.map(({ outputs }) => outputs[i]!),
      one.answer,
    ],
    words: one.words,
  }));
  await atomicWrite(join(flags.out, "sheet.png"), await contactSheet(shown));
}
