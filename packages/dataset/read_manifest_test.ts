import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatasetError } from "./dataset_error.ts";
import { readManifest } from "./read_manifest.ts";

/** A folder with these files, removed afterwards. */
async function folderOf(files: Readonly<Record<string, string | Uint8Array>>) {
  const path = await mkdtemp(join(tmpdir(), "manifest-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

const PICTURES = { "a.png": "", "b.png": "", "c.png": "", "d.png": "" };
const PATHS = {
  before: "a.png",
  after: "b.png",
  query: "c.png",
  target: "d.png",
};

/** Asserts the whole message, with the folder's path as FOLDER. */
async function assertRefused(
  files: Readonly<Record<string, string | Uint8Array>>,
  message: string,
  file = "",
) {
  await using folder = await folderOf(files);
  await assert.rejects(readManifest(join(folder.path, file)), (error) => {
    assert(error instanceof DatasetError);
    assert.equal(error.message.replaceAll(folder.path, "FOLDER"), message);
    return true;
  });
}

Deno.test("a folder of composites is read in the order of its names", async () => {
  await using folder = await folderOf({
    "0002.png": "",
    "0002.txt": " smiling\n",
    "0001.jpg": "",
    "0001.txt": "running",
    "readme.md": "",
    ".hidden.png": "",
  });
  const { items, notices } = await readManifest(folder.path);
  assert.deepEqual(
    items.map(({ name, caption }) => [name, caption]),
    [["0001.jpg", "running"], ["0002.png", "smiling"]],
  );
  assert.deepEqual(notices, []);
});

Deno.test("40.txt is the caption of 0040.png", async () => {
  await using folder = await folderOf({ "0040.png": "", "40.txt": "thumbs" });
  const { items, notices } = await readManifest(folder.path);
  assert.equal(items[0]?.caption, "thumbs");
  assert.deepEqual(notices, ["0040.png has the caption 40.txt, by its number"]);
});

Deno.test("another caption extension and ai-toolkit's commas", async () => {
  await using folder = await folderOf({ "1.png": "", "1.caption": "a ,b\nc" });
  const { items } = await readManifest(folder.path, {
    captionExtension: "caption",
    commas: true,
  });
  assert.equal(items[0]?.caption, "a, b, c");
});

Deno.test("folders that are not whole are refused", async () => {
  await assertRefused(
    {},
    'Cannot read data set "FOLDER/" as it must hold pictures NNNN.png with captions NNNN.txt: got an empty folder'
      .replace("FOLDER/", "FOLDER"),
  );
  await assertRefused(
    { "readme.md": "" },
    'Cannot read data set "FOLDER" as it must hold pictures NNNN.png with captions NNNN.txt: got 1 other files',
  );
  await assertRefused(
    { "1.png": "", "1.txt": "", "2.png": "", "3.txt": "", "4.txt": "" },
    'Cannot read data set "FOLDER" as each picture must have a caption and the reverse: 2.png has no caption; 3.txt, 4.txt have no picture',
  );
  await assertRefused(
    { "1.png": "", "1.jpg": "", "1.txt": "" },
    'Cannot read data set "FOLDER" as each name must stand once: got 1.jpg and 1.png',
  );
  await assertRefused(
    {},
    'Data set not found: "FOLDER/none"',
    "none",
  );
});

Deno.test("pairs.jsonl: captions, or words for the template", async () => {
  await using folder = await folderOf({
    ...PICTURES,
    "pairs.jsonl": `${JSON.stringify({ ...PATHS, caption: "" })}\n\n${
      JSON.stringify({ ...PATHS, edit: "smiling" })
    }\n`,
  });
  const { items } = await readManifest(folder.path, { template: "<{edit}>" });
  assert.deepEqual(items.map((item) => item.caption), ["", "<smiling>"]);
  assert.equal(items[1]?.name, "line 3");
  const pictures = items[0]!.pictures;
  assert("pair" in pictures);
  assert.equal(pictures.pair.target, join(folder.path, "d.png"));
});

Deno.test("cases.jsonl names its pictures by id", async () => {
  await using folder = await folderOf({
    "0000/source.png": "",
    "0000/edited.png": "",
    "0000/query.png": "",
    "0000/target.png": "",
    "cases.jsonl": JSON.stringify({ id: "0000", edit: "x", caption: "y" }),
  });
  const { items } = await readManifest(folder.path);
  const pictures = items[0]!.pictures;
  assert("pair" in pictures);
  assert.equal(pictures.pair.before, join(folder.path, "0000", "source.png"));
  assert.equal(items[0]!.caption, "y");
});

Deno.test("lines that are not whole are refused with their number", async () => {
  const lines = (line: string) => ({
    ...PICTURES,
    "pairs.jsonl": `${JSON.stringify({ ...PATHS, edit: "x" })}\n${line}`,
  });
  const of = (rest: string) =>
    `Cannot read line 2 of "FOLDER/pairs.jsonl" as ${rest}`;
  await assertRefused(
    lines('{"before": '),
    of("it must be JSON: got Unexpected end of JSON input"),
  );
  await assertRefused(
    lines("[1]"),
    of("a JSON object must stand there: got [1]"),
  );
  await assertRefused(
    lines(JSON.stringify({ ...PATHS, edit: "x", captoin: "y" })),
    of('it must have known keys only: got "captoin"; did you mean "caption"?'),
  );
  await assertRefused(
    lines('{"edit": "x", "edit": "y"}'),
    of('a key must stand once: got "edit" twice'),
  );
  await assertRefused(
    lines(JSON.stringify({ ...PATHS, edit: "a\0b" })),
    of('its texts must be Unicode without NUL: got "a\\u0000b"'),
  );
  await assertRefused(
    lines('{"before": "a.png"}'),
    of('"after" must be given: got "before"'),
  );
  await assertRefused(
    lines(JSON.stringify({ ...PATHS, after: 3 })),
    of('"after" must be a text: got 3'),
  );
  await assertRefused(
    lines(JSON.stringify(PATHS)),
    of('"caption" or "edit" must be given: got neither'),
  );
  await assertRefused(
    lines(JSON.stringify({ ...PATHS, query: "z.png", edit: "x" })),
    of('its pictures must be files: "FOLDER/z.png" is not one'),
  );
  await assertRefused(
    { "pairs.jsonl": "\n" },
    'Cannot read data set "FOLDER/pairs.jsonl" as it must have a line for each task: got an empty file',
  );
});

Deno.test("a byte order mark in front of captions and lines is none of them", async () => {
  await using folder = await folderOf({
    ...PICTURES,
    "pairs.jsonl": `\ufeff${JSON.stringify({ ...PATHS, edit: "smiling" })}\r\n`,
  });
  const { items } = await readManifest(folder.path, { template: "{edit}" });
  assert.deepEqual(items.map(({ caption }) => caption), ["smiling"]);
  await using composites = await folderOf({ "1.png": "", "1.txt": "\ufeffa" });
  const [one] = (await readManifest(composites.path)).items;
  assert.equal(one!.caption, "a");
});

Deno.test("what is no text is refused with its file and first bad byte", async () => {
  const latin1 = (text: string) => Buffer.from(text, "latin1");
  await assertRefused(
    { "1.png": "", "1.txt": latin1("caf\xe9") },
    'Cannot read caption "FOLDER/1.txt" as it must be UTF-8: got byte 0xe9 at offset 3',
  );
  await assertRefused(
    { "1.png": "", "1.txt": "a\0" },
    'Cannot read caption "FOLDER/1.txt" as it must be a text without NUL: got byte 0x00 at offset 1',
  );
  await assertRefused(
    { "pairs.jsonl": latin1('{"edit": "\xe9"}') },
    'Cannot read data set "FOLDER/pairs.jsonl" as it must be UTF-8: got byte 0xe9 at offset 10',
  );
});

Deno.test("names that differ in their normal form alone are one", async () => {
  const [nfc, nfd] = ["caf\u00e9", "cafe\u0301"];
  await using folder = await folderOf({
    [`${nfd}.png`]: "",
    [`${nfc}.txt`]: "a",
  });
  const { items } = await readManifest(folder.path);
  assert.equal(items[0]!.name, `${nfd}.png`);
  assert.equal(items[0]!.caption, "a");
  await assertRefused(
    { [`${nfd}.png`]: "", [`${nfc}.png`]: "", "a.txt": "" },
    `Cannot read data set "FOLDER" as each name must stand once: got ${nfd}.png and ${nfc}.png`,
  );
  await using pairs = await folderOf({
    ...PICTURES,
    [`${nfd}.png`]: "",
    "pairs.jsonl": JSON.stringify({ ...PATHS, query: `${nfc}.png`, edit: "x" }),
  });
  const [{ pictures }] = (await readManifest(pairs.path)).items as unknown as [
    { pictures: { pair: { query: string } } },
  ];
  assert.equal(pictures.pair.query, join(pairs.path, `${nfd}.png`));
});

Deno.test("captions in JSON are the field caption, in any case of the extension", async () => {
  const read = async (
    files: Record<string, string>,
    captionExtension: string,
  ) => {
    await using folder = await folderOf({ "1.png": "", ...files });
    const { items } = await readManifest(folder.path, { captionExtension });
    return items.map(({ caption }) => caption);
  };
  const json = JSON.stringify({ caption: "a b", caption_short: "a" });
  assert.deepEqual(await read({ "1.json": json }, "json"), ["a b"]);
  assert.deepEqual(await read({ "1.txt": "c" }, "TXT"), ["c"]);
  assert.deepEqual(await read({ "1.TXT": "c" }, ".txt"), ["c"]);
  for (
    const [text, rule] of [[
      "[1]",
      'its field "caption" must be a text: got none',
    ], ["a b", "it must be JSON: got "]]
  ) {
    await assert.rejects(
      read({ "1.json": text! }, "json"),
      (error: Error) => error.message.includes(`1.json" as ${rule}`),
    );
  }
});
