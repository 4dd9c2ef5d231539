import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunLog } from "./run_log.ts";

Deno.test("a log taken up has no line twice and none cut short", async () => {
  const folder = await mkdtemp(join(tmpdir(), "log-"));
  const path = join(folder, "log.jsonl");
  {
    await using log = await RunLog.open(path, 0);
    for (const step of [1, 2, 3]) {
      await log.write({ event: "step", step, loss: step });
    }
  }
  await appendFile(path, '{"event":"step","st');
  {
    await using log = await RunLog.open(path, 2);
    assert.deepEqual(log.records.map(({ step }) => step), [1, 2]);
    await log.write({ event: "step", step: 3, loss: 4 });
    assert.equal(log.records.length, 3);
  }
  const lines = (await readFile(path, "utf8")).trim().split("\n");
  const records = lines.map((line) => JSON.parse(line));
  assert.deepEqual(records.map(({ step, loss }) => [step, loss]), [[1, 1], [
    2,
    2,
  ], [3, 4]]);
  assert(records.every(({ time }) => !Number.isNaN(Date.parse(time))));
  await rm(folder, { recursive: true });
});
