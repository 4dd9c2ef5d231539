/**
 * Teaches the embedded model an edit that it never saw, from the four examples
 * of fixtures/teach, and leaves the LoRA and a sheet: the same people before
 * and after teaching.
 *
 * Usage: deno run -A tools/teach.ts [KEY=VALUE …]   values of the config, as of --set
 */
import {
  contactSheet,
  hasAnswer,
  openEditor,
  readCases,
} from "@edit-transfer/evaluate";
import { atomicWrite } from "@edit-transfer/files";
import type { Image } from "@edit-transfer/image";
import { gain } from "@edit-transfer/metrics";
import { openDevice } from "@edit-transfer/tensor";
import { run } from "@edit-transfer/train";
import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const fixtures = join(root, "fixtures", "teach");
const out = join(root, "out");
const short = (path: string) => relative(process.cwd(), path) || path;
const cases = (await readCases(join(fixtures, "cases")))
  .filter(hasAnswer);

/** Edits of all cases by the model with its own LoRA, or another. */
async function edits(lora?: string) {
  using device = await openDevice("cpu");
  await using editor = await openEditor(undefined, {
    device,
    loras: lora === undefined ? undefined : [{ path: lora }],
  });
  const outputs: Image[] = [];
  for (const [seed, one] of cases.entries()) {
    outputs.push(await editor.edit(one, { seed }));
  }
  const scores = await Promise.all(
    cases.map((one, i) => gain.score(outputs[i]!, one)),
  );
  return { outputs, gain: gain.summarize(scores).toFixed(2) };
}

const before = await edits();
await rm(join(out, "teach"), { recursive: true, force: true });
const start = performance.now();
const code = await run([
  ...["--config", join(root, "configs", "few_examples.yaml")],
  ...["--set", "name=teach"],
  ...["--set", `training_folder=${out}`],
  ...["--set", `datasets.0.folder_path=${join(fixtures, "pairs.jsonl")}`],
  ...process.argv.slice(2).flatMap((value) => ["--set", value]),
]);
if (code !== 0) process.exit(code);
const minutes = ((performance.now() - start) / 60_000).toFixed(1);

const lora = join(out, "teach", "teach_ema.safetensors");
const after = await edits(lora);
const rows = cases.map(({ before: one, after: other, query, answer }, i) => ({
  panels: [one, other, query, before.outputs[i]!, after.outputs[i]!, answer],
  words: i === 0
    ? "before, after, query, untaught, taught, answer"
    : cases[i]!.words,
}));
const sheet = join(out, "teach_sheet.png");
await atomicWrite(sheet, await contactSheet(rows, { zoom: 2, words: "below" }));
process.stdout.write(
  `Taught from four examples in ${minutes} minutes: gain ${before.gain} before, ${after.gain} after.\n` +
    `The LoRA is ${short(lora)}; ${
      short(sheet)
    } shows before, after, query, untaught, taught and the true answer.\n`,
);
process.exit(0); // a GPU library may otherwise keep the process alive
