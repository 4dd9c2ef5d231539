import {
  blankImage,
  crop,
  fitPicture,
  FITS,
  giveBack,
  placeIn,
} from "@edit-transfer/image";
import assert from "node:assert/strict";
import { pattern } from "./_test_files.ts";

const square = (side: number) => ({ width: side, height: side });

Deno.test("fitPicture() leaves a picture of that size untouched", async () => {
  for (const image of [pattern(16, 16), pattern(5, 3)]) {
    for (const fit of FITS) {
      assert.equal(await fitPicture(image, image, fit), image);
    }
  }
});

Deno.test("fitPicture() crops to the middle", async () => {
  const wide = await fitPicture(pattern(5, 2), square(2), "crop");
  const tall = await fitPicture(pattern(2, 5), square(2), "crop");
  const part = await fitPicture(pattern(6, 6), { width: 6, height: 4 }, "crop");

  const cut = { top: 0, left: 0, width: 2, height: 2 };
  assert.deepEqual(wide, crop(pattern(5, 2), { ...cut, left: 1 }));
  assert.deepEqual(tall, crop(pattern(2, 5), { ...cut, top: 1 }));
  assert.deepEqual(
    part,
    crop(pattern(6, 6), { left: 0, top: 1, width: 6, height: 4 }),
  );
});

Deno.test("fitPicture() pads with white, which a crop undoes", async () => {
  const image = pattern(5, 2);
  const padded = await fitPicture(image, square(5), "pad");

  const place = placeIn(square(5), image);
  assert.deepEqual(place, { left: 0, top: 1, width: 5, height: 2 });
  assert.deepEqual(crop(padded, place), image);
  assert.ok(padded.data.slice(0, 15).every((level) => level === 255));
  assert.ok(padded.data.slice(-30).every((level) => level === 255));
});

Deno.test("fitPicture() pads what it has shrunk, however long it is", async () => {
  const line = { width: 100_000, height: 2, data: new Uint8Array(600_000) };
  const { width, height, data } = await fitPicture(line, square(16), "pad");
  assert.deepEqual([width, height], [16, 16]);
  // one row of the line, white above and below, nothing in between
  const rows = Array.from({ length: 16 }, (_, y) => data[y * 48]);
  assert.deepEqual(rows, rows.map((_, y) => y === 7 ? 0 : 255));
});

Deno.test("fitPicture() matches by continuing the border, and giveBack() undoes it", async () => {
  const image = pattern(6, 4);
  const panel = await fitPicture(image, { width: 6, height: 8 }, "match");
  assert.deepEqual(await giveBack(panel, image), image);
  const row = (y: number) =>
    crop(panel, { left: 0, top: y, width: 6, height: 1 });
  assert.deepEqual([row(0), row(1)], [row(2), row(2)]);
  assert.deepEqual([row(6), row(7)], [row(5), row(5)]);
});

Deno.test("giveBack() gives any size back without what was added", async () => {
  for (
    const [width, height] of [[300, 200], [90, 160], [10, 30], [7, 7]] as const
  ) {
    const photo = blankImage(width, height, [200, 10, 60]);
    const padded = await fitPicture(photo, { width: 80, height: 48 }, "pad");
    assert.deepEqual(await giveBack(padded, photo), photo); // nothing white
  }
});

Deno.test("fitPicture() refuses a side of 0", async () => {
  for (const fit of FITS) {
    await assert.rejects(
      fitPicture(pattern(4, 4), square(0), fit),
      /RangeError: Cannot resize image as extents must be integers >= 1: got 0 x 0/,
    );
  }
});
