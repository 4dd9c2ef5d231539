import { decodeText, readJson, readText } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { symlink, truncate, writeFile } from "node:fs/promises";

const bytes = (text: string) => Buffer.from(text, "latin1");

Deno.test("readText() takes a byte order mark off, and nothing else", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.txt");
  for (const text of ["", "a", " ä\r\n\t", "图 🙂\ufffd", "a\ufeffb"]) {
    await writeFile(path, text);
    assert.equal(await readText(path), text);
    await writeFile(path, `\ufeff${text}`);
    assert.equal(await readText(path), text);
  }
});

Deno.test("decodeText() names the first byte that is none", () => {
  const cases: [string, string, number][] = [
    ["caf\xe9\n", "0xe9", 3], // Windows-1252
    ["\xef\xbb\xbfa\x80", "0x80", 4], // behind a mark
    ["\xc3\xa9\xc3", "0xc3", 2], // cut short
    ["\xed\xa0\x80", "0xed", 0], // a surrogate
    ["\xc0\xaf", "0xc0", 0], // longer than needed
    ["\xef\xbf\xbd\xef\xbfa", "0xef", 3], // behind U+FFFD itself
    ["\xf0\x9f\x99\x82\xf5", "0xf5", 4],
  ];
  for (const [text, byte, at] of cases) {
    assert.throws(() => decodeText(bytes(text), "a", { what: "caption" }), {
      message:
        `Cannot read caption "a" as it must be UTF-8: got byte ${byte} at offset ${at}`,
    });
  }
  assert.throws(() => decodeText(bytes("a\0b"), "a"), {
    message:
      'Cannot read "a" as it must be a text without NUL: got byte 0x00 at offset 1',
  });
  for (const mark of ["\xff\xfea\0", "\xfe\xff\0a"]) {
    assert.throws(() => decodeText(bytes(mark), "a"), /offset 0, as in UTF-16/);
  }
});

Deno.test("readText() opens ordinary files of bounded size only", async () => {
  await using folder = await testFolder();
  const [pipe, link, large] = ["pipe", "link", "large"].map(folder.at);
  execFileSync("mkfifo", [pipe!]);
  await symlink("/dev/zero", link!);
  await writeFile(large!, "");
  await truncate(large!, 2 ** 40);
  const cases: [string, string][] = [
    [pipe!, "it must be an ordinary file, and is a pipe"],
    [link!, "it must be an ordinary file, and is a device"],
    [folder.at("."), "it is a folder"],
    [large!, `it must have at most 67108864 bytes, and has ${2 ** 40}`],
  ];
  for (const [path, fault] of cases) {
    for (const read of [readText, readJson]) {
      await assert.rejects(read(path), {
        message: `Cannot read "${path}": ${fault}`,
      });
    }
  }
});

Deno.test("readText() fails with the caller's error", async () => {
  class CaptionError extends Error {}
  const fail = (message: string, options: ErrorOptions) =>
    new CaptionError(message, options);
  await assert.rejects(
    readText("none", { what: "caption", fail }),
    (error) =>
      error instanceof CaptionError &&
      error.message === 'Caption not found: "none"' &&
      (error.cause as NodeJS.ErrnoException).code === "ENOENT",
  );
});
