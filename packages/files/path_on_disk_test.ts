import { openOrdinary, pathOnDisk } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";

const [NFC, NFD] = ["caf\u00e9", "cafe\u0301"];

Deno.test("pathOnDisk() finds a name in its other normal form", async () => {
  await using folder = await testFolder();
  await mkdir(folder.at(NFD));
  await writeFile(folder.at(`${NFD}/${NFC}.txt`), "a");
  for (const path of [`${NFC}/${NFD}.txt`, `${NFC}/${NFC}.txt`]) {
    const found = await pathOnDisk(folder.at(path));
    assert.equal(found, folder.at(`${NFD}/${NFC}.txt`));
    await using _file = await openOrdinary(folder.at(path));
  }
  const none = folder.at(`${NFC}/the\u0301.txt`);
  assert.equal(await pathOnDisk(none), none);
});

Deno.test("pathOnDisk() takes the name as it is written where both are there", async () => {
  await using folder = await testFolder();
  for (const name of [NFC, NFD]) await writeFile(folder.at(name), name);
  for (const name of [NFC, NFD]) {
    assert.equal(await pathOnDisk(folder.at(name)), folder.at(name));
  }
});
