import { drawCases, OutputStore, readResults } from "@edit-transfer/evaluate";
import { blankImage, encodePng } from "@edit-transfer/image";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const cases = await drawCases({ split: "test", seed: 1, count: 5, size: 16 });
const png = (side: number) => encodePng(blankImage(side, side, [9, 9, 9]));

/** A folder with these files. */
async function folderOf(files: Readonly<Record<string, Uint8Array | string>>) {
  const folder = await testFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(folder.at(name)), { recursive: true });
    await writeFile(folder.at(name), content);
  }
  return folder;
}

Deno.test("readResults() tells what is extra, of another size or ratio, or no picture", async () => {
  await using folder = await folderOf({
    "0000.png": await png(16),
    "0001.jpg": await png(16), // the ending says little
    "0002.png": await png(8),
    "0004.png": await encodePng(blankImage(16, 8, [9, 9, 9])),
    "0003.png": "no picture",
    "0009.png": await png(16),
    "notes.txt": "of somebody",
  });
  const results = await readResults(folder.at(""), cases);
  assert.deepEqual(cases.map((one) => results.seedsOf(one).length), [
    ...[1, 1, 1, 0, 0],
  ]);
  const told = (what: string) =>
    `"${folder.at("")}": ${what}; the rest is measured`;
  assert.deepEqual(results.notices, [
    told("1 picture is of no case: 0009.png"),
    told(
      "1 picture is of another ratio than the 16×16 of the queries: 0004.png (16×8)",
    ),
    told("1 picture is missing or no picture that can be read: 0003.png"),
    `"${
      folder.at("")
    }": 1 picture is not of the 16×16 pixels of the queries: 0002.png (8×8); they are brought to it`,
  ]);
});

Deno.test("readResults() reads a manifest with seeds and seconds, and tells lines that are none", async () => {
  await using folder = await folderOf({
    "a/first.png": await png(16),
    "b.png": await png(16),
    "results.jsonl": [
      { id: "0000", output: "a/first.png", seed: 7, seconds: 1.5 },
      { id: "0000", output: "b.png", seed: 8 },
      { id: "0001", output: "../b.png" },
      { id: "0001", output: "/etc/passwd" },
      { id: "0001", output: "b.png", seed: "first" },
      { id: "0001", output: "b.png", seconds: -1 },
      { id: 1, output: "b.png" },
      { id: "0002", output: "none.png" },
    ].map((line) => JSON.stringify(line)).join("\n") + "\n{",
  });
  const results = await readResults(folder.at(""), cases);
  assert.deepEqual(results.seedsOf(cases[0]!), [7, 8]);
  const edit = () => Promise.reject(new Error("Nothing is edited"));
  const place = { condition: "other", one: cases[0]! };
  const { image, seconds } = await results.take(edit, { ...place, seed: 7 });
  assert.deepEqual([image.width, seconds], [16, 1.5]);
  assert.ok(
    Number.isNaN((await results.take(edit, { ...place, seed: 8 })).seconds),
  );
  assert.deepEqual(results.notices.map((notice) => notice.split(": ")[1]), [
    "6 lines of results.jsonl are without a text id, an output within the folder, or numbers for seed and seconds",
    "3 cases are missing",
    "1 picture is missing or no picture that can be read",
  ]);
});

Deno.test("readResults() reads what an evaluation keeps", async () => {
  await using folder = await testFolder();
  const store = new OutputStore(folder.at("outputs"), "a");
  for (const [seed, one] of cases.entries()) {
    const place = { condition: "right", one, seed };
    await store.take(() => Promise.resolve(one.answer), place);
  }
  const results = await readResults(folder.at("outputs/right"), cases);
  assert.deepEqual(results.notices, []);
  for (const [seed, one] of cases.entries()) {
    assert.deepEqual(await results.edit(one, { seed }), one.answer);
  }
});

Deno.test("readResults() refuses folders with nothing to measure", async () => {
  await using folder = await folderOf({ "x.png": await png(16) });
  await assert.rejects(readResults(folder.at(""), cases), {
    message:
      `Cannot evaluate "${
        folder.at("")
      }" as it must have a picture of one of the 5 cases: got none; ` +
      "1 picture is of no case: x.png; 5 cases are missing: 0000, 0001, 0002, and 2 more",
  });
});
