import { blankImage, type Image } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { SeededRandom } from "./seeded_random.ts";
import { withoutBars } from "./without_bars.ts";

/** A picture of noise, some of whose columns have levels of their own. */
function picture(
  columns: Readonly<Record<number, number | "noise">>,
  noise: number,
): Image {
  const random = new SeededRandom(3);
  const image = blankImage(1024, 64);
  for (let i = 0; i < image.data.length; i++) {
    const level = columns[Math.floor(i / 3) % 1024];
    image.data[i] = level === "noise"
      ? random.bits() % 60
      : level === undefined
      ? 150 + random.bits() % noise
      : level + random.bits() % 3;
  }
  return image;
}

const cut = (columns: Parameters<typeof picture>[0], noise = 30) =>
  withoutBars(picture(columns, noise), {
    picture: { start: 0, end: 1024 },
    reach: 64,
  });

Deno.test("lines of a few pixels at the border are cut off, of one colour or not", () => {
  assert.deepEqual(cut({}), { start: 0, end: 1024 });
  assert.deepEqual(cut({ 0: 20, 1023: "noise" }), { start: 1, end: 1023 });
  assert.deepEqual(cut({ 0: 250, 1: 20, 1022: 230, 1023: 230 }), {
    start: 2,
    end: 1022,
  });
  // the line blends into the picture
  assert.deepEqual(cut({ 0: 20, 1: 110, 2: 140 }, 3), { start: 3, end: 1024 });
  // what is further inside belongs to the picture
  assert.deepEqual(cut({ 8: 20, 1010: "noise" }), { start: 0, end: 1024 });
});

Deno.test("bars that differ little from the picture, but sharply, are cut off", () => {
  const bar = Object.fromEntries(
    Array.from({ length: 14 }, (_, x) => [x, 162]),
  );
  assert.deepEqual(cut(bar, 3), { start: 14, end: 1024 });
  // a background that grows brighter slowly is none
  const slope = Object.fromEntries(
    Array.from({ length: 60 }, (_, x) => [x, 180 - x / 2]),
  );
  assert.deepEqual(cut(slope, 3), { start: 0, end: 1024 });
});
