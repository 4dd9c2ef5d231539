import { readCases } from "@edit-transfer/evaluate";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";

Deno.test("readCases() refuses lines that are none of a case, with their number", async () => {
  await using folder = await testFolder();
  const path = folder.at("cases.jsonl");
  const sound = { id: "0000", edit: "jumping", types: ["jumping"] };
  const lines: [string, string][] = [
    ["{", "it must be JSON: got "],
    ['{"id":"a","id":"b"}', 'a key must stand once: got "id" twice'],
    [
      "[]",
      "it must have the texts id and edit, and may have the list types: got others",
    ],
    [
      JSON.stringify({ ...sound, types: "jumping" }),
      "it must have the texts id and edit, and may have the list types: got others",
    ],
    [
      JSON.stringify({ ...sound, editt: "a" }),
      'it must have known keys only: got "editt"',
    ],
  ];
  for (const [line, rule] of lines) {
    await writeFile(path, `\n\n${line}`);
    await assert.rejects(readCases(folder.at("")), (error: Error) => {
      const start = `Cannot read line 3 of "${path}" as ${rule}`;
      assert.ok(error.message.startsWith(start), error.message);
      return true;
    });
  }
  await assert.rejects(readCases(folder.at("none")), {
    message: `Cases not found: "${folder.at("none")}/cases.jsonl"`,
  });
});
