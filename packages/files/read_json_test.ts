import { exists, hashText, readJson } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";

Deno.test("readJson() gives the value, or says what is wrong with the file", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.json");
  await assert.rejects(readJson(path), {
    message: `File not found: "${path}"`,
  });
  await writeFile(path, '{"a": [1, null]}');
  assert.deepEqual(await readJson(path), { a: [1, null] });
  await writeFile(path, '{"a": [1');
  await assert.rejects(
    readJson(path),
    /^Error: Cannot read ".*a\.json" as it must be JSON: got /,
  );
  await assert.rejects(readJson(folder.at(".")), /^Error: Cannot read "/);
});

Deno.test("exists() tells files and folders from nothing", async () => {
  await using folder = await testFolder();
  const path = folder.at("a");
  assert.equal(await exists(path), false);
  assert.equal(await exists(folder.at(".")), true);
  await writeFile(path, "");
  assert.equal(await exists(path), true);
  assert.equal(await exists(`${path}/b`), false);
});

Deno.test("hashText() is SHA-256 of UTF-8", () => {
  assert.equal(
    hashText("ä"),
    "33e6d73fee82904c8d7afb78de1154d1e8dc2a0edb08120e63df5b9385c2d9cc",
  );
});
