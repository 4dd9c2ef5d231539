/**
 * Measures edits of a model on drawn cases whose answers are known.
 *
 * For each condition: edit gain, keep and win as `@edit-transfer/metrics` defines
 * them, over all cases, one seed each, none picked.
 *
 *   right       seen types, unseen identities and parameters
 *   same-type   the same, with another pair of the same type of edit, whose parameters differ
 *   unrelated   the same, with the example pair of another type of edit
 *   no-words    the same as right, with an empty prompt
 *   no-lora     the same as right, without the LoRA
 *   composed    two edits at once
 *   unseen      types of edits that training never showed
 *   round-trip  the answer through the autoencoder: what a perfect model reaches
 *
 * Usage: deno run -A tools/eval.ts [--count 64] [--seed 1] [--steps 35]
 *   [--sheet 16] [--split test] [--conditions right,no-lora] [--cases DIR] [--model DIR]
 *   [--lora FILE] [--device cpu] [--out out/eval]
 */
import {
  contactSheet,
  figureCase,
  type SheetRow,
  type Split,
} from "@edit-transfer/figures";
import { decodeImage } from "@edit-transfer/image";
import {
  type EditScore,
  type EditSummary,
  scoreEdit,
  summarizeScores,
} from "@edit-transfer/metrics";
import {
  decodePanel,
  encodePanel,
  loadPipeline,
  type Pipeline,
} from "@edit-transfer/pipeline";
import { type DeviceChoice, openDevice } from "@edit-transfer/tensor";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Case, caseOf, editCases, type Outcome, SIZE } from "./_cases.ts";
import { familyOf } from "./_families.ts";
import process from "node:process";

const CONDITIONS = [
  "right",
  "same-type",
  "unrelated",
  "no-words",
  "no-lora",
  "composed",
  "unseen",
  "round-trip",
] as const;

const { values: flags } = parseArgs({
  options: {
    count: { type: "string", default: "64" },
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "35" },
    sheet: { type: "string", default: "16" },
    split: { type: "string", default: "test" },
    conditions: { type: "string", default: CONDITIONS.join(",") },
    cases: { type: "string" },
    model: { type: "string", default: "models/micro" },
    lora: { type: "string" },
    device: { type: "string", default: "cpu" },
    out: { type: "string", default: "out/eval" },
  },
});
const count = Number(flags.count);
const seed = Number(flags.seed);
const steps = Number(flags.steps);
const sheetRows = Number(flags.sheet);
const conditions = flags.conditions.split(",");
const unknown = conditions.filter((name) =>
  !(CONDITIONS as readonly string[]).includes(name)
);
if (
  unknown.length > 0 || ![count, steps, sheetRows].every((n) => n >= 1) ||
  !(seed >= 0)
) {
  throw new RangeError(
    `Cannot evaluate as flags must be counts and conditions of ${
      CONDITIONS.join(", ")
    }: got ${JSON.stringify(flags)}`,
  );
}

const device = await openDevice(flags.device as DeviceChoice);
const lora = flags.lora ??
  join(flags.model, "lora", "edit_transfer.safetensors");
const load = (loras: string[]) =>
  loadPipeline(flags.model, {
    device,
    loras: loras.map((path) => ({ path })),
    keepTextEncoders: true,
  });
await using tuned = await load([lora]);
await using base = await load([]);
await mkdir(flags.out, { recursive: true });

const drawn = flags.cases === undefined
  ? await drawCases(flags.split as Split, 1)
  : await readCases(flags.cases);
const runs: Record<string, () => Promise<Outcome>> = {
  right: () => run("right", tuned, drawn),
  "same-type": () => run("same-type", tuned, withSameTypeExample(drawn)),
  unrelated: () => run("unrelated", tuned, drawn.map(withOtherExample)),
  "no-words": () => run("no-words", tuned, drawn, ""),
  "no-lora": () => run("no-lora", base, drawn),
  composed: async () => run("composed", tuned, await drawCases("test", 2)),
  unseen: async () => run("unseen", tuned, await drawCases("unseen", 1)),
  "round-trip": () => roundTrip(drawn),
};
const report: Record<string, unknown> = { ...flags, device: device.name };
for (const name of conditions) {
  const { cases, scores } = await runs[name]!();
  const summary = summarizeScores(scores);
  const gains = scores.map((s) => 1 - s.outputInside / s.queryInside)
    .sort((a, b) => a - b);
  const median = gains[gains.length >> 1]!;
  report[name] = {
    ...summary,
    medianGain: median,
    byFamily: summaries(cases, scores, familyOfCase),
    byType: summaries(cases, scores, ({ types }) => types.join(" + ")),
    scores: scores.map((score, i) => ({ words: cases[i]!.words, ...score })),
  };
  process.stdout.write(
    `${name.padEnd(11)} gain ${summary.gain.toFixed(3)} (median ${
      median.toFixed(3)
    })  keep ${summary.keep.toFixed(1)} dB  win ${
      summary.win.toFixed(2)
    }  (${summary.cases} cases)\n`,
  );
  const families = Object.entries(summaries(cases, scores, familyOfCase));
  process.stdout.write(
    `${" ".repeat(12)}${
      families.map(([name, { gain }]) => `${name} ${gain.toFixed(2)}`)
        .join("  ")
    }\n`,
  );
}
await writeFile(
  join(flags.out, "eval.json"),
  `${JSON.stringify(report, null, 1)}\n`,
);
process.stdout.write(`${join(flags.out, "eval.json")}\n`);
device.destroy();
process.exit(0); // a GPU library may otherwise keep the process alive

function familyOfCase({ types }: Case): string {
  return familyOf(types[0]!);
}

/** Measures of the cases of each group. */
function summaries(
  cases: readonly Case[],
  scores: readonly EditScore[],
  groupOf: (one: Case) => string,
): Record<string, EditSummary> {
  const groups = Map.groupBy(scores, (_, i) => groupOf(cases[i]!));
  return Object.fromEntries(
    [...groups].sort().map(([name, group]) => [name, summarizeScores(group)]),
  );
}

/** Cases of a split, drawn in memory. */
async function drawCases(split: Split, compose: number): Promise<Case[]> {
  const cases: Case[] = [];
  for (let index = 0; index < count; index++) {
    cases.push(await caseOf(figureCase({ split, seed, index, compose })));
  }
  return cases;
}

/** Cases that the figures command wrote. */
async function readCases(folder: string): Promise<Case[]> {
  const lines = (await readFile(join(folder, "cases.jsonl"), "utf8")).trim();
  const cases: Case[] = [];
  for (const line of lines.split("\n").slice(0, count)) {
    const { id, edit, types } = JSON.parse(line);
    const picture = (name: string) =>
      decodeImage(join(folder, id, `${name}.png`));
    cases.push({
      words: edit,
      types,
      source: await picture("source"),
      edited: await picture("edited"),
      query: await picture("query"),
      target: await picture("target"),
    });
  }
  return cases;
}

/** The case with the example of the next case that shows another edit. */
function withOtherExample(own: Case, index: number, all: Case[]): Case {
  const later = [...all.slice(index + 1), ...all.slice(0, index)];
  const other = later.find(({ types }) =>
    !types.some((type) => own.types.includes(type))
  );
  if (other === undefined) return own;
  return { ...own, source: other.source, edited: other.edited };
}

/** The cases with the example of the next case, in a circle, of the same type; those with an only type are left out. */
function withSameTypeExample(all: readonly Case[]): Case[] {
  const groups = Map.groupBy(all, ({ types }) => types.join(" + "));
  return all.flatMap((own) => {
    const group = groups.get(own.types.join(" + "))!;
    if (group.length === 1) return [];
    const { source, edited } = group[(group.indexOf(own) + 1) % group.length]!;
    return [{ ...own, source, edited }];
  });
}

/** Edits all cases, the seed of each its index, and writes a sheet of the first. */
async function run(
  name: string,
  pipeline: Pipeline,
  cases: readonly Case[],
  template = tuned.template,
): Promise<Outcome> {
  const start = performance.now();
  const outcome = await editCases(pipeline, cases, {
    template,
    steps,
    onEdit: (done) => {
      if (done % 8 !== 0) return;
      const rate = (performance.now() - start) / 1000 / done;
      process.stderr.write(
        `${name} ${done}/${cases.length}  ${rate.toFixed(2)} s/edit\n`,
      );
    },
  });
  const rows: SheetRow[] = cases.slice(0, sheetRows).map((one, i) => ({
    panels: [one.source, one.edited, one.query, outcome.outputs[i]!, one.target]
      .map((image) => image.data),
    words: one.words,
  }));
  await writeFile(
    join(flags.out, `${name}.png`),
    await contactSheet(rows, { size: SIZE, columns: 2 }),
  );
  return outcome;
}

/** The answers themselves, through the autoencoder and back. */
async function roundTrip(cases: readonly Case[]): Promise<Outcome> {
  const outcome: Outcome = { cases, scores: [], outputs: [] };
  const vae = await tuned.vae();
  const { latentChannels, downscale } = vae.config;
  for (const { query, target } of cases) {
    const latents = await encodePanel(vae, target, device);
    const shape = [
      latentChannels,
      target.height / downscale,
      target.width / downscale,
    ] as const;
    const output = await decodePanel(vae, latents, { shape, device });
    outcome.outputs.push(output);
    outcome.scores.push(scoreEdit(output, { query, answer: target }));
  }
  return outcome;
}
