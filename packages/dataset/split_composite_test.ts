import {
  blankImage,
  type Image,
  type Rgb,
  tileGrid,
} from "@edit-transfer/image";
import fc from "fast-check";
import assert from "node:assert/strict";
import { findSeam } from "./find_seam.ts";
import { SeededRandom } from "./seeded_random.ts";
import { splitComposite } from "./split_composite.ts";
import { withoutBars } from "./without_bars.ts";

const COLOURS: Rgb[] = [[150, 120, 90], [90, 140, 200], [60, 60, 70], [
  190,
  80,
  90,
]];

/** A row of two noisy pictures that meet at `seam`, with a white gutter. */
function row(
  width: number,
  { seam, gutter = 0, colours = [0, 1], seed = 1 }: {
    seam: number;
    gutter?: number;
    colours?: readonly [number, number];
    seed?: number;
  },
): Image {
  const random = new SeededRandom(seed);
  const image = blankImage(width, width / 2);
  for (let i = 0; i < image.data.length; i++) {
    const x = Math.floor(i / 3) % width;
    if (x >= seam && x < seam + gutter) continue;
    const colour = COLOURS[colours[x < seam ? 0 : 1]]!;
    image.data[i] = colour[i % 3]! + random.bits() % 7 - 3;
  }
  return image;
}

/** Two rows under each other. */
function stack(top: Image, bottom: Image): Image {
  const data = new Uint8Array(2 * top.data.length);
  data.set(top.data);
  data.set(bottom.data, top.data.length);
  return { width: top.width, height: 2 * top.height, data };
}

Deno.test("quadrants are cut exactly at the centre", async () => {
  const panels = COLOURS.map((colour) => blankImage(6, 6, colour));
  const grid = tileGrid(panels as [Image, Image, Image, Image]);
  assert.deepEqual(await splitComposite(grid), panels);
  const small = await splitComposite(grid, { size: { width: 3, height: 3 } });
  assert.deepEqual(small[3], blankImage(3, 3, COLOURS[3]));
});

Deno.test("a seam that drifts is found, with and without gutter", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -7, max: 7 }),
      fc.integer({ min: 0, max: 6 }),
      fc.nat(1000),
      (drift, width, seed) => {
        const gutter = width < 2 ? 0 : width;
        const image = row(256, { seam: 128 + drift, gutter, seed });
        const found = findSeam(image, { around: 128, reach: 14 });
        const start = 128 + drift;
        assert.deepEqual(found, { start, end: start + gutter });
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("panels of drifting rows hold one picture each", async () => {
  const grid = stack(
    row(256, { seam: 124 }),
    row(256, { seam: 126, gutter: 6, colours: [2, 3] }),
  );
  const panels = await splitComposite(grid, {
    seams: "detect",
    size: { width: 64, height: 64 },
  });
  for (const [i, { data, width, height }] of panels.entries()) {
    assert.deepEqual([width, height], [64, 64]);
    for (let at = 0; at < data.length; at++) {
      const level = COLOURS[i]![at % 3]!;
      // noise is ± 3, and Lanczos overshoots it by less than its own range
      assert(Math.abs(data[at]! - level) <= 6, `panel ${i}: ${data[at]}`);
    }
  }
  const cut = await splitComposite(grid, { size: { width: 64, height: 64 } });
  assert(cut[1].data[0]! < 100 && cut[0].data[63 * 3]! < 100); // a sliver of the neighbour
});

Deno.test("where no seam is clear, the centre is taken", async () => {
  const plain = blankImage(64, 64, [240, 240, 240]);
  assert.equal(findSeam(plain, { around: 32, reach: 2 }), undefined);
  const white = blankImage(64, 64);
  assert.equal(findSeam(white, { around: 32, reach: 2 }), undefined);
  assert.deepEqual(
    await splitComposite(white, { seams: "detect" }),
    await splitComposite(white),
  );
});

Deno.test("a line that does not span the height is no seam", () => {
  const image = row(128, { seam: 64, colours: [0, 0] });
  for (let y = 0; y < 25; y++) {
    image.data.fill(0, (y * 128 + 60) * 3, (y * 128 + 90) * 3);
  }
  assert.equal(findSeam(image, { around: 64, reach: 8 }), undefined);
});

Deno.test("composites of an odd side are refused", async () => {
  const message = (size: string) => ({
    name: "RangeError",
    message:
      `Cannot split the composite as its sides must be even: got ${size}`,
  });
  await assert.rejects(splitComposite(blankImage(7, 7)), message("7 x 7"));
  await assert.rejects(splitComposite(blankImage(8, 5)), message("8 x 5"));
});

for (
  const colour of [[0, 0, 0], [128, 128, 128], [240, 238, 230], [0, 160, 0]]
) {
  Deno.test(`gutters of colour ${colour} are found, and bars at the border cut off`, () => {
    const image = row(256, { seam: 125, gutter: 7, colours: [0, 3] });
    const paint = (from: number, to: number) => {
      for (let y = 0; y < image.height; y++) {
        for (let x = from; x < to; x++) {
          image.data.set(colour, (y * 256 + x) * 3);
        }
      }
    };
    paint(125, 132);
    const found = findSeam(image, { around: 128, reach: 14 });
    assert.deepEqual(found, { start: 125, end: 132 });
    const picture = { start: 132, end: 256 };
    const whole = withoutBars(image, { picture, reach: 20 });
    assert.deepEqual(whole, picture);
    paint(250, 256);
    const cut = withoutBars(image, { picture, reach: 20 });
    assert.deepEqual(cut, { start: 132, end: 250 });
  });
}
