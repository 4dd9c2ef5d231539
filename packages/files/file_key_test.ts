import { fileKey } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { link, mkdir, symlink, writeFile } from "node:fs/promises";

Deno.test("fileKey() sees through links to files and folders", async () => {
  await using folder = await testFolder();
  await mkdir(folder.at("real"));
  await symlink(folder.at("real"), folder.at("alias"));
  await writeFile(folder.at("real/a"), "");
  await symlink(folder.at("real/a"), folder.at("b"));
  await link(folder.at("real/a"), folder.at("c"));
  const key = await fileKey(folder.at("real/a"));
  for (const other of ["alias/a", "b", "c", "real/../real/a"]) {
    assert.equal(await fileKey(folder.at(other)), key, other);
  }
  assert.equal(
    await fileKey(folder.at("alias/new/x")),
    await fileKey(folder.at("real/new/x")),
  );
  await writeFile(folder.at("real/d"), "");
  assert.notEqual(await fileKey(folder.at("real/d")), key);
});

Deno.test("fileKey() knows neither case nor Unicode form of what is not there", async () => {
  await using folder = await testFolder();
  const key = await fileKey(folder.at("größe.png"));
  for (const name of ["GRÖSSE.PNG", "gro\u0308ße.png", "Größe.Png"]) {
    assert.equal(await fileKey(folder.at(name)), key, name);
  }
  assert.notEqual(await fileKey(folder.at("grosze.png")), key);
});
