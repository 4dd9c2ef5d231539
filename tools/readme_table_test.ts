import { conditionTable, type Report } from "@edit-transfer/evaluate";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const read = (path: string) =>
  readFile(new URL(`../${path}`, import.meta.url), "utf8");

Deno.test("README's table is that of models/micro/evaluation.json, which `evaluate --count 256` wrote", async () => {
  const report = JSON.parse(await read("models/micro/evaluation.json"));
  const { settings } = report as Report;
  assert.deepEqual([settings.count, settings.seed, settings.steps], [
    256,
    1,
    4,
  ]);
  const table = conditionTable(report as Report);
  assert.ok((await read("README.md")).includes(table), table);
});
