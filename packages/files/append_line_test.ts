import { appendLine, jsonLines } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

Deno.test("appendLine() adds lines, and says why it cannot", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.jsonl");
  await appendLine(path, { a: "x\ny" });
  await appendLine(path, [2]);
  const lines = jsonLines(await readFile(path, "utf8"));
  assert.deepEqual(lines.map(({ value }) => value), [{ a: "x\ny" }, [2]]);
  await assert.rejects(appendLine(folder.at(""), 1), {
    message: `Cannot write "${folder.at("")}": it is a folder`,
  });
  await assert.rejects(appendLine("/dev/full", 1), {
    message: 'Cannot write "/dev/full": the disk is full',
  });
});
