import {
  CONDITIONS,
  conditionTable,
  drawnSets,
  type EditCaseOptions,
  type Editor,
  evaluate,
  markdownReport,
  reportOf,
  writeReport,
} from "@edit-transfer/evaluate";
import { blankImage } from "@edit-transfer/image";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";

/** Answers perfectly, unless there is no LoRA; notes what it was asked. */
function perfectEditor() {
  const asked: EditCaseOptions[] = [];
  const editor: Editor = {
    edit({ query, answer }, options) {
      asked.push(options);
      return Promise.resolve(
        options.lora === false ? query : answer ?? query,
      );
    },
    reconstruct: (picture) => Promise.resolve(picture),
  };
  return { editor, asked };
}

const sets = drawnSets({ seed: 1, count: 4, size: 16 });
const condition = (...names: string[]) =>
  CONDITIONS.filter(({ name }) => names.includes(name));

Deno.test("each condition asks for what its name says, the seed of a case is its index", async () => {
  const { editor, asked } = perfectEditor();
  const results = await Array.fromAsync(evaluate(editor, { sets }));
  assert.deepEqual(
    results.map(({ condition }) => condition.name),
    CONDITIONS.map(({ name }) => name),
  );
  assert.deepEqual(asked.slice(0, 4).map(({ seed }) => seed), [0, 1, 2, 3]);
  assert.equal(asked.filter(({ words }) => words === false).length, 4);
  assert.equal(asked.filter(({ lora }) => lora === false).length, 4);

  const { conditions } = reportOf(results, {});
  const gain = (name: string) =>
    conditions.find((one) => one.name === name)!.values.gain;
  assert.equal(gain("right"), 1);
  assert.equal(gain("no-lora"), 0);
  assert.equal(gain("round-trip"), 1);
});

Deno.test("a metric of one's own may look at the words", async () => {
  const length = {
    name: "length",
    best: Infinity,
    digits: 0,
    unit: "letters",
    score: (_output: unknown, { words }: { readonly words: string }) =>
      Promise.resolve(words.length),
    summarize: (scores: readonly number[]) => Math.max(...scores),
  };
  const [result] = await Array.fromAsync(evaluate(perfectEditor().editor, {
    sets,
    conditions: condition("right"),
    metrics: [length],
  }));
  const longest = Math.max(...result!.cases.map(({ words }) => words.length));
  const table = conditionTable(reportOf([result!], {}));
  assert.equal(
    table,
    `|                                 |     length |
| ------------------------------- | ---------: |
| the example, seen types of edit | ${`${longest} letters`.padStart(10)} |
`,
  );
});

Deno.test("a signal stops an evaluation between cases", async () => {
  const stop = new AbortController();
  const done: number[] = [];
  const run = Array.fromAsync(evaluate(perfectEditor().editor, {
    sets,
    signal: stop.signal,
    onProgress: (progress) => {
      done.push(progress.done);
      if (progress.done === 2) stop.abort(new RangeError("Enough"));
    },
  }));
  await assert.rejects(run, /Enough/);
  assert.deepEqual(done, [1, 2]);
});

Deno.test("writeReport() writes report, cases and sheets", async () => {
  await using folder = await testFolder();
  const results = await Array.fromAsync(evaluate(perfectEditor().editor, {
    sets,
    conditions: condition("right", "composed"),
    keepOutputs: 1,
  }));
  const report = reportOf(results, { seed: 1 });
  await writeReport(folder.at("out"), report, results);
  assert.deepEqual((await readdir(folder.at("out"))).sort(), [
    "cases.csv",
    "cases.jsonl",
    "composed.png",
    "report.csv",
    "report.html",
    "report.json",
    "report.md",
    "right.png",
  ]);
  const read = (name: string) => readFile(folder.at(`out/${name}`), "utf8");
  assert.deepEqual(JSON.parse(await read("report.json")), report);
  assert.equal(await read("report.md"), markdownReport(report));
  const lines = (await read("cases.jsonl")).trim().split("\n");
  assert.equal(lines.length, 8);
  assert.equal(JSON.parse(lines[0]!).gain, 1);
});

Deno.test("other examples: of the same type, and of none of its types", async () => {
  const image = blankImage(16, 16, [0, 0, 0]);
  const one = (type: string, level: number) => ({
    id: String(level),
    words: type,
    types: [type],
    before: blankImage(16, 16, [level, 0, 0]),
    after: image,
    query: image,
    answer: image,
  });
  const seen = [one("jumping", 1), one("smiling", 2), one("jumping", 3)];
  const given = {
    ...sets,
    seen: () => Promise.resolve(seen),
  };
  const shown = async (name: string) =>
    (await condition(name)[0]!.cases(given)).map(({ words, before }) => [
      words,
      before.data[0],
    ]);
  assert.deepEqual(await shown("same-type"), [["jumping", 3], ["jumping", 1]]);
  assert.deepEqual(await shown("unrelated"), [
    ["jumping", 2],
    ["smiling", 3],
    ["jumping", 2],
  ]);
});
