import {
  CONDITIONS,
  drawnSets,
  type EditCaseOptions,
  type Editor,
  evaluate,
  Gallery,
  OutputStore,
  reportOf,
  writeReport,
} from "@edit-transfer/evaluate";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const sets = drawnSets({ seed: 1, count: 4, size: 16 });
const conditions = CONDITIONS.filter(({ name }) =>
  ["right", "composed"].includes(name)
);

/** Mixes query and answer by the seed; notes what it was asked. */
function mixingEditor() {
  const asked: EditCaseOptions[] = [];
  const editor: Editor = {
    edit({ query, answer }, options) {
      asked.push(options);
      const data = query.data.map((level, k) =>
        (level * (options.seed + 1) + answer!.data[k]!) / (options.seed + 2)
      );
      return Promise.resolve({ ...query, data });
    },
    reconstruct: (picture) => Promise.resolve(picture),
  };
  return { editor, asked };
}

/** Runs an evaluation with its outputs kept, stopped after some cases or not. */
async function run(
  folder: string,
  { stopAfter, about = "a" }: {
    readonly stopAfter?: number;
    readonly about?: string;
  } = {},
): Promise<number> {
  const { editor, asked } = mixingEditor();
  const stop = new AbortController();
  const gallery = new Gallery();
  let done = 0;
  const results = await Array.fromAsync(evaluate(editor, {
    sets,
    conditions,
    keepOutputs: 2,
    store: new OutputStore(join(folder, "outputs"), about),
    seedsOf: (_, index) => [index, index + 100],
    onOutput: gallery.add.bind(gallery),
    onProgress: () => {
      if (++done === stopAfter) stop.abort(new Error("Stopped"));
    },
    signal: stop.signal,
  }));
  await writeReport(folder, reportOf(results, {}), results, gallery);
  return asked.length;
}

async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of await readdir(folder, { recursive: true })) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    // seconds are those of the clock
    const text = bytes?.toString("latin1").replace(/"seconds":[\d.]+/g, "");
    if (text !== undefined) files.set(name, text);
  }
  return files;
}

async function bothRuns() {
  const folder = await testFolder();
  assert.equal(await run(folder.at("whole")), 16);
  await assert.rejects(run(folder.at("parts"), { stopAfter: 3 }), /Stopped/);
  return folder;
}

Deno.test("an evaluation that was stopped goes on to the same bytes", async () => {
  await using folder = await bothRuns();
  const manifest = folder.at("parts/outputs/right/results.jsonl");
  await appendFile(manifest, '{"id":"0003","output":"0003_se'); // killed there
  assert.equal(await run(folder.at("parts")), 16 - 6);
  assert.deepEqual(
    await filesOf(folder.at("parts")),
    await filesOf(folder.at("whole")),
  );
  assert.equal(await run(folder.at("parts")), 0);
});

Deno.test("outputs of another editor, or damaged ones, are made again", async () => {
  await using folder = await bothRuns();
  const parts = folder.at("parts");
  assert.equal(await run(parts, { about: "b" }), 16);
  await writeFile(join(parts, "outputs/right/0001_seed_1.png"), "no picture");
  assert.equal(await run(parts, { about: "b" }), 1);
});
