// Baselines beside edit transfer, on drawn cases with the embedded backbone.
//
// Usage: deno run -A bench/baselines.ts [--count 128] [--seed 1] [--rows sdedit,…]
//   [--guidance 1] [--out out/baselines]
//
// The embedded backbone was trained with guidance 1 alone: `--guidance 1` tells all
// methods that, in place of their programs' scales.
//
// Every row is a folder of results, `ID.png` with `results.jsonl`; what is there is
// not made again. Cases go one after the other through all rows, so that a run that
// is stopped has measured all rows on the same cases. Seconds are those of one core.
import {
  METHODS,
  openMethodEditor,
  readMethodOptions,
} from "@edit-transfer/baselines";
import {
  contactSheet,
  drawCases,
  type Editor,
  openEditor,
} from "@edit-transfer/evaluate";
import { atomicWrite } from "@edit-transfer/files";
import { decodeImage, encodePng } from "@edit-transfer/image";
import {
  type EditScore,
  gain,
  keep,
  scoreEdit,
  win,
} from "@edit-transfer/metrics";
import { openDevice } from "@edit-transfer/tensor";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { markdownTable } from "./markdown_table.ts";
import { mean } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "128" },
    seed: { type: "string", default: "1" },
    rows: { type: "string" },
    guidance: { type: "string" },
    out: { type: "string", default: "out/baselines" },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];

/** A line of `results.jsonl`. */
interface Line {
  readonly id: string;
  readonly output: string;
  readonly seed: number;
  readonly seconds: number;
}

/** A row of the table. */
interface Row {
  readonly name: string;
  readonly title: string;
  readonly editor: Editor;
  readonly lines: Map<string, Line>;
}

using device = await openDevice("cpu", { threads: 1 });
await using opened = new AsyncDisposableStack();
const rows: Row[] = [];
const add = async (
  name: string,
  title: string,
  open: () => Promise<Editor & AsyncDisposable>,
) => {
  if (values.rows?.split(",").includes(name) === false) return;
  const folder = join(values.out, name);
  await mkdir(folder, { recursive: true });
  const text = await readFile(join(folder, "results.jsonl"), "utf8")
    .catch(() => "");
  const lines = text.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
  rows.push({
    name,
    title,
    editor: opened.use(await open()),
    lines: new Map(lines.map((line) => [line.id, line])),
  });
};
for (const conditions of ["joint", "kept"] as const) {
  await add(
    `ours-${conditions}`,
    `ours, ${conditions}`,
    () => openEditor(undefined, { device, conditions }),
  );
}
for (const { name, title, options } of METHODS) {
  const scales = Object.keys(options).filter((key) => /guidance$/i.test(key));
  const { guidance } = values;
  const isTold = guidance !== undefined && scales.length > 0;
  const told = isTold
    ? readMethodOptions(
      { name, options },
      scales.map((key) => `${key}=${guidance}`),
    )
    : {};
  await add(
    isTold ? `${name}-guidance-${guidance}` : name,
    title,
    () => openMethodEditor(name, undefined, { device, options: told }),
  );
}

const cases = await drawCases({ split: "test", seed, count });
for (const [index, one] of cases.entries()) {
  const id = String(index).padStart(4, "0");
  for (const { name, editor, lines } of rows) {
    if (lines.has(id)) continue;
    const start = process.cpuUsage();
    const image = await editor.edit(one, { seed: index });
    const { user, system } = process.cpuUsage(start);
    const line = {
      id,
      output: `${id}.png`,
      seed: index,
      seconds: (user + system) / 1e6,
    };
    const folder = join(values.out, name);
    await atomicWrite(join(folder, line.output), await encodePng(image));
    await appendFile(
      join(folder, "results.jsonl"),
      `${JSON.stringify(line)}\n`,
    );
    lines.set(id, line);
  }
  process.stderr.write(`\r${index + 1} of ${count}`);
}

const table: string[][] = [];
const sheet = cases.slice(0, 6).map((one) => ({
  words: one.words,
  panels: [one.before, one.after, one.query, one.answer],
}));
for (const { name, title, lines } of rows) {
  const scores: EditScore[] = [];
  for (const [index, one] of cases.entries()) {
    const { output } = lines.get(String(index).padStart(4, "0"))!;
    const image = await decodeImage(join(values.out, name, output));
    scores.push(scoreEdit(image, one));
    sheet[index]?.panels.push(image);
  }
  const part = Array.from(
    { length: scores.length },
    (_, left) => gain.summarize(scores.filter((_, i) => i !== left)),
  );
  const n = part.length; // jackknife
  const error = Math.sqrt(
    (n - 1) * mean(part.map((x) => (x - mean(part)) ** 2)),
  );
  const seconds = mean([...lines.values()].map(({ seconds }) => seconds));
  table.push([
    title,
    `${gain.summarize(scores).toFixed(2)} ± ${error.toFixed(2)}`,
    keep.summarize(scores).toFixed(1).replace("Infinity", "∞"),
    win.summarize(scores).toFixed(2),
    seconds.toFixed(2),
  ]);
}
await atomicWrite(
  join(values.out, "sheet.png"),
  await contactSheet(sheet, { zoom: 1 }),
);
process.stdout.write(`\n${
  markdownTable(
    [`${count} cases`, "gain", "keep (dB)", "win", "s of one core"],
    table,
  )
}`);
