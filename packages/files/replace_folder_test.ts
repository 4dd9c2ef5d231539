import { replaceFolder } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const fill = (text: string) => (folder: string) =>
  writeFile(join(folder, "file"), text);

Deno.test("replaceFolder() replaces a folder and leaves nothing beside it", async () => {
  await using folder = await testFolder();
  const path = folder.at("a");
  await replaceFolder(path, fill("old"));
  await mkdir(folder.at(".writing-a")); // of a process that was killed
  await mkdir(folder.at(".removing-a"));
  await replaceFolder(path, fill("new"));

  assert.equal(await readFile(join(path, "file"), "utf8"), "new");
  assert.deepEqual(await readdir(folder.at(".")), ["a"]);
});

Deno.test("replaceFolder() keeps the old folder when writing fails", async () => {
  await using folder = await testFolder();
  const path = folder.at("a");
  await replaceFolder(path, fill("old"));
  const failing = async (to: string) => {
    await fill("half")(to);
    throw new RangeError("Cannot go on");
  };
  await assert.rejects(replaceFolder(path, failing), /Cannot go on/);

  assert.equal(await readFile(join(path, "file"), "utf8"), "old");
  assert.deepEqual(await readdir(folder.at(".")), ["a"]);
});

Deno.test("replaceFolder() says what is wrong with the place", async () => {
  await using folder = await testFolder();
  const absent = folder.at("absent");
  await assert.rejects(replaceFolder(`${absent}/a`, fill("new")), {
    message: `Cannot write "${absent}/a": there is no folder "${absent}"`,
  });
});

Deno.test("replaceFolder() takes the place of no file", async () => {
  await using folder = await testFolder();
  await writeFile(folder.at("a"), "text");
  for (const path of [folder.at("a"), "/dev/null"]) {
    await assert.rejects(replaceFolder(path, fill("new")), {
      message: `Cannot write "${path}": it is not a folder`,
    });
  }
  assert.equal(await readFile(folder.at("a"), "utf8"), "text");
});
