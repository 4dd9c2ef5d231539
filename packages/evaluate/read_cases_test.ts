import { readCases } from "@edit-transfer/evaluate";
import { blankImage, encodePng } from "@edit-transfer/image";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";

type Sizes = Readonly<Record<string, readonly [number, number]>>;

/** A folder of one case whose pictures have these extents. */
async function cases(sizes: Sizes) {
  const folder = await testFolder();
  await mkdir(folder.at("0000"));
  for (const [name, [width, height]] of Object.entries(sizes)) {
    const png = await encodePng(blankImage(width, height));
    await writeFile(folder.at(`0000/${name}.png`), png);
  }
  const line = { id: "0000", edit: "jumping", types: [] };
  await writeFile(folder.at("cases.jsonl"), JSON.stringify(line));
  return folder;
}

Deno.test("readCases() brings all pictures to squares of one side", async () => {
  await using folder = await cases({
    source: [96, 48],
    edited: [192, 96],
    query: [64, 80],
    target: [64, 80],
  });
  const [one] = await readCases(folder.at("."));
  for (const name of ["before", "after", "query", "answer"] as const) {
    assert.deepEqual([one![name].width, one![name].height], [64, 64], name);
  }
});

Deno.test("readCases() refuses pairs that differ in shape", async () => {
  const square = [64, 64] as const;
  const same = { source: square, edited: square, query: square };
  for (
    const sizes of [
      { ...same, target: [64, 48] as const },
      { ...same, source: [64, 48] as const, target: square },
    ]
  ) {
    await using folder = await cases(sizes);
    await assert.rejects(
      readCases(folder.at(".")),
      /^RangeError: Cannot pair ".*" and ".*" as both must have one shape, .*: got 64 x \d+ and 64 x \d+$/,
    );
  }
});
