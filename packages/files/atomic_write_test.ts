import { atomicWrite } from "@edit-transfer/files";
import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { testFolder } from "@edit-transfer/testing";

Deno.test("atomicWrite() replaces a file and leaves nothing beside it", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.bin");
  await atomicWrite(path, Uint8Array.of(1));
  await atomicWrite(path, [Uint8Array.of(2), Uint8Array.of(3, 4)]);

  assert.deepEqual([...await readFile(path)], [2, 3, 4]);
  assert.deepEqual(await readdir(dirname(path)), ["a.bin"]);
});

Deno.test("atomicWrite() keeps the old file when writing fails", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.bin");
  await atomicWrite(path, Uint8Array.of(1));
  function* parts() {
    yield Uint8Array.of(9);
    throw new RangeError("Cannot go on");
  }

  await assert.rejects(atomicWrite(path, parts()), /^RangeError: Cannot go on/);
  assert.deepEqual([...await readFile(path)], [1]);
  assert.deepEqual(await readdir(dirname(path)), ["a.bin"]);
});

Deno.test("atomicWrite() says what is wrong with the place", async () => {
  await using folder = await testFolder();
  const absent = folder.at("absent");
  await assert.rejects(atomicWrite(`${absent}/a.bin`, new Uint8Array()), {
    message: `Cannot write "${absent}/a.bin": there is no folder "${absent}"`,
  });
  await mkdir(folder.at("taken"));
  await assert.rejects(
    atomicWrite(folder.at("taken"), new Uint8Array()),
    /it is a folder/,
  );
  assert.deepEqual(await readdir(dirname(absent)), ["taken"]);
});
