import {
  blankImage,
  encodePng,
  type Image,
  tileGrid,
} from "@edit-transfer/image";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatasetEncoder } from "./dataset_encoder.ts";
import { EncodingCache } from "./encoding_cache.ts";
import { prepareDataset } from "./prepared_dataset.ts";
import { readManifest } from "./read_manifest.ts";
import { SeededRandom } from "./seeded_random.ts";
import type { SeamMode } from "./split_composite.ts";

const one = { shape: [1, 1, 1], data: Float32Array.of(0) };
const encoder: DatasetEncoder = {
  latentModel: "vae",
  textModel: "text",
  encodeImages: (images) => Promise.resolve(images.map(() => one)),
  encodeCaption: () => Promise.resolve({ pooled: one, states: one }),
};

/** A picture that is brighter around a place than elsewhere, with noise. */
function blob(
  side: number,
  { x, y, level = 120, seed = 1 }: {
    x: number;
    y: number;
    level?: number;
    seed?: number;
  },
): Image {
  const random = new SeededRandom(seed);
  const image = blankImage(side, side);
  for (let i = 0; i < image.data.length; i++) {
    const [u, v] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    const away = Math.hypot(u / side - x, v / side - y);
    image.data[i] = level + 40 * Math.exp(-9 * away * away) +
      random.bits() % 25;
  }
  return image;
}

function composite(levels: readonly [number, number, number, number]): Image {
  const panels = levels.map((level, i) =>
    blob(64, { x: 0.5, y: 0.5, level, seed: i })
  );
  return tileGrid(panels as [Image, Image, Image, Image]);
}

async function folder(pictures: Readonly<Record<string, Image>>) {
  const path = await mkdtemp(join(tmpdir(), "seams-"));
  for (const [name, picture] of Object.entries(pictures)) {
    await writeFile(join(path, `${name}.png`), await encodePng(picture));
    await writeFile(join(path, `${name}.txt`), "words");
  }
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
    async notices(seams?: SeamMode) {
      const notices: string[] = [];
      await prepareDataset([{ manifest: await readManifest(path), seams }], {
        encoder,
        cache: new EncodingCache(join(path, "cache")),
        panelSize: 8,
        onNotice: (notice) => notices.push(notice),
      });
      return notices;
    },
  };
}

Deno.test("what was found of seams is told, and what was not clear, each time", async () => {
  await using dir = await folder({
    clear: composite([20, 120, 190, 30]),
    rows: composite([60, 60, 130, 130]),
  });
  const told = [
    "seams of 2 composites: all four clear in 1, up to 0 pixels off the centre; not clear, and cut at the centre there: rows.png (top row, bottom row)",
  ];
  assert.deepEqual(await dir.notices(), told);
  assert.deepEqual(await dir.notices(), told); // from the cache
  assert.deepEqual(await dir.notices("centre"), []);
});

Deno.test("a single picture among composites is refused before anything is encoded", async () => {
  await using dir = await folder({
    good: composite([20, 120, 190, 30]),
    portrait: blob(128, { x: 0.5, y: 0.4 }),
  });
  await assert.rejects(dir.notices(), {
    name: "DatasetError",
    message: new RegExp(
      '^Cannot use item 2 of 2, portrait\\.png, of data set ".*": Cannot cut it into panels as it must be four pictures: got no seam, and halves that are as alike as -0\\.\\d\\d, where a composite has 0\\.5 to 1; leave a single picture out, or say seams: centre if it is a composite$',
    ),
  });
  assert.deepEqual(await dir.notices("centre"), []);
});
