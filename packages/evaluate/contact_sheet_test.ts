import assert from "node:assert/strict";
import sharp from "sharp";
import { contactSheet } from "./contact_sheet.ts";

const panel = (level: number, width = 8, height = 8) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(level),
});

Deno.test("panels lie beside each other, each pixel enlarged", async () => {
  const rows = [
    { panels: [panel(10), panel(200)], words: "a < b & c" },
    { panels: [panel(60), panel(120)], words: "" },
    { panels: [panel(0), panel(255)], words: "third" },
  ];
  const png = await contactSheet(rows, { zoom: 3, columns: 2 });
  const { data, info } = await sharp(png).raw().toBuffer({
    resolveWithObject: true,
  });
  assert.equal(info.width, 2 * (2 * 28 + 240));
  assert.equal(info.height, 2 * 28);
  const at = (x: number, y: number): number =>
    data[(y * info.width + x) * info.channels]!;
  assert.equal(at(0, 0), 10);
  assert.equal(at(23, 23), 10);
  assert.equal(at(28, 0), 200);
  assert.equal(at(296, 0), 60);
  assert.equal(at(28, 28), 255);
});

Deno.test("rows of another size are refused", async () => {
  await assert.rejects(contactSheet([]), {
    name: "RangeError",
    message: /got none$/,
  });
  await assert.rejects(
    contactSheet(
      [{ panels: [panel(0)], words: "" }, { panels: [], words: "" }],
    ),
    RangeError,
  );
  await assert.rejects(
    contactSheet([{ panels: [panel(0), panel(0, 8, 9)], words: "" }]),
    { message: /each row takes 2 panels of 8×8: got 8×8, 8×9$/ },
  );
});

Deno.test("words stand below panels of any shape", async () => {
  const row = { panels: [panel(10, 8, 4)], words: "seed 7" };
  const png = await contactSheet([row, row, row], {
    zoom: 2,
    columns: 2,
    words: "below",
  });
  const { data, info } = await sharp(png).raw().toBuffer({
    resolveWithObject: true,
  });
  assert.deepEqual([info.width, info.height], [2 * 20, 2 * 32]);
  const at = (x: number, y: number) =>
    data[(y * info.width + x) * info.channels]!;
  assert.deepEqual([at(20, 32), at(0, 32)], [255, 10]);
  const below = Array.from(
    { length: 20 * 20 },
    (_, i) => at(i % 20, 8 + Math.floor(i / 20)),
  );
  assert.ok(Math.min(...below) < 200, "words are drawn");
});
