import assert from "node:assert/strict";
import sharp from "sharp";
import { contactSheet } from "./contact_sheet.ts";

const panel = (level: number): Uint8Array =>
  new Uint8Array(8 * 8 * 3).fill(level);

Deno.test("panels lie beside each other, each pixel enlarged", async () => {
  const rows = [
    { panels: [panel(10), panel(200)], words: "a < b & c" },
    { panels: [panel(60), panel(120)], words: "" },
    { panels: [panel(0), panel(255)], words: "third" },
  ];
  const png = await contactSheet(rows, { size: 8, zoom: 3, columns: 2 });
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
    message: /got no rows$/,
  });
  await assert.rejects(
    contactSheet(
      [{ panels: [panel(0)], words: "" }, { panels: [], words: "" }],
      { size: 8 },
    ),
    RangeError,
  );
  await assert.rejects(
    contactSheet([{ panels: [panel(0)], words: "" }]),
    RangeError,
  );
});
