import { decodeImage, readImageFile } from "@edit-transfer/image";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { open, symlink, writeFile } from "node:fs/promises";

Deno.test("readImageFile() reads an ordinary file, and a link to one", async () => {
  await using folder = await testFolder();
  await writeFile(folder.at("a"), "abc");
  await symlink(folder.at("a"), folder.at("b"));
  for (const name of ["a", "b"]) {
    assert.deepEqual([...await readImageFile(folder.at(name))], [97, 98, 99]);
  }
});

Deno.test("readImageFile() and decodeImage() open nothing else", async () => {
  await using folder = await testFolder();
  const pipe = folder.at("pipe.png");
  execFileSync("mkfifo", [pipe]);
  const kinds: Record<string, string> = {
    [pipe]: "it must be an ordinary file, and is a pipe",
    "/dev/zero": "it must be an ordinary file, and is a device",
    [folder.at("")]: "it is a folder",
  };
  for (const [path, found] of Object.entries(kinds)) {
    for (const read of [readImageFile, decodeImage]) {
      await assert.rejects(read(path), {
        name: "ImageError",
        message: `Cannot open image "${path}": ${found}`,
      });
    }
  }
  const absent = folder.at("absent");
  await assert.rejects(readImageFile(absent), {
    name: "ImageError",
    message: `Picture not found: "${absent}"`,
  });
});

Deno.test("readImageFile() refuses a file that is too large, unread", async () => {
  await using folder = await testFolder();
  const path = folder.at("large.png");
  await using handle = await open(path, "w");
  await handle.truncate(2 ** 40);
  await assert.rejects(readImageFile(path), {
    message: `Cannot open image "${path}": it must have at most ` +
      "1073741824 bytes, and has 1099511627776",
  });
});
