import {
  blankImage,
  decodeImage,
  encodePng,
  tileGrid,
} from "@edit-transfer/image";
import { readGolden } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatasetError } from "./dataset_error.ts";
import { EncodingCache } from "./encoding_cache.ts";
import { readManifest } from "./read_manifest.ts";
import type { DatasetEncoder } from "./dataset_encoder.ts";
import type { PrepareProgress } from "./prepare_options.ts";
import { prepareDataset } from "./prepared_dataset.ts";

/** Encodes to the first level of each panel, and the length of the caption. */
function encoder() {
  const calls = { panels: 0, captions: 0 };
  const made: DatasetEncoder = {
    latentModel: "vae",
    textModel: "text",
    encodeImages(images) {
      calls.panels += images.length;
      return Promise.resolve(images.map(({ data }) => ({
        shape: [1, 1, 1],
        data: Float32Array.of(data[0]!),
      })));
    },
    encodeCaption(caption) {
      calls.captions++;
      const one = { shape: [1, 1], data: Float32Array.of(caption.length) };
      return Promise.resolve({ pooled: one, states: one });
    },
  };
  return { ...made, calls };
}

/** A folder of three composites. */
async function folder() {
  const path = await mkdtemp(join(tmpdir(), "dataset-"));
  for (let i = 0; i < 3; i++) {
    const panel = (level: number) => blankImage(8, 8, [level + 10 * i, 0, 0]);
    const grid = tileGrid([panel(1), panel(2), panel(3), panel(4)]);
    await writeFile(join(path, `000${i}.png`), await encodePng(grid));
    await writeFile(join(path, `000${i}.txt`), i < 2 ? "same" : "other words");
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function prepare(path: string, { panelSize = 8, used = encoder() } = {}) {
  const manifest = await readManifest(path);
  const cache = new EncodingCache(join(path, "_latent_cache"));
  const data = await prepareDataset([{ manifest, captionDropout: 0.1 }], {
    encoder: used,
    cache,
    panelSize,
  });
  return { data, cache, calls: used.calls };
}

Deno.test("each picture and each caption is encoded once, ever", async () => {
  await using dir = await folder();
  const { data, calls } = await prepare(dir.path);
  assert.deepEqual(calls, { panels: 12, captions: 3 }); // "", "same", "other words"
  assert.deepEqual([...(await data.latents(1)).data], [11, 12, 13, 14]);
  assert.deepEqual([...(await data.text("same")).pooled.data], [4]);
  assert.equal(data.items[0]?.captionDropout, 0.1);
  assert.equal((await data.panels(2))[3].data[0], 24);

  const again = await prepare(dir.path);
  assert.deepEqual(again.calls, { panels: 0, captions: 0 });
  assert.equal(again.data.hash, data.hash);
  const smaller = await prepare(dir.path, { panelSize: 4 });
  assert.deepEqual(smaller.calls, { panels: 12, captions: 0 });
});

/** Ordered pairs of three figures, as `pairs.jsonl`. */
async function pairs() {
  const dir = await folder();
  const lines: string[] = [];
  for (const figure of [0, 1, 2]) {
    for (const [i, name] of ["source", "edited"].entries()) {
      const image = blankImage(8, 8, [10 * figure + i, 0, 0]);
      const path = join(dir.path, `${figure}-${name}.png`);
      await writeFile(path, await encodePng(image));
    }
    for (const query of [0, 1, 2]) {
      if (query === figure) continue;
      lines.push(JSON.stringify({
        before: `${figure}-source.png`,
        after: `${figure}-edited.png`,
        query: `${query}-source.png`,
        target: `${query}-edited.png`,
        caption: "same",
      }));
    }
  }
  await writeFile(join(dir.path, "pairs.jsonl"), lines.join("\n"));
  return dir;
}

Deno.test("a panel that tasks share is encoded once", async () => {
  await using dir = await pairs();
  const { data, calls } = await prepare(dir.path);
  assert.equal(data.items.length, 6);
  assert.deepEqual(calls, { panels: 6, captions: 2 });
  const { shape, data: latents } = await data.latents(5);
  assert.deepEqual([shape, [...latents]], [[1, 2, 2], [20, 21, 10, 11]]);
});

Deno.test("a set that was stopped goes on with what is encoded", async () => {
  await using dir = await pairs();
  const stop = new AbortController();
  const cache = new EncodingCache(join(dir.path, "_latent_cache"));
  const used = encoder();
  const seen: PrepareProgress[] = [];
  await assert.rejects(
    prepareDataset([{ manifest: await readManifest(dir.path) }], {
      encoder: used,
      cache,
      panelSize: 8,
      signal: stop.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.done === progress.all) stop.abort();
      },
    }),
    { name: "AbortError" },
  );
  assert.deepEqual(seen, [
    { phase: "captions", done: 1, all: 2 },
    { phase: "captions", done: 2, all: 2 },
  ]);
  const { calls } = await prepare(dir.path);
  assert.deepEqual(calls, { panels: 6, captions: 0 });
});

Deno.test("four pictures as one are encoded as one", async () => {
  await using dir = await pairs();
  const used = encoder();
  const data = await prepareDataset(
    [{ manifest: await readManifest(dir.path) }],
    {
      encoder: used,
      cache: new EncodingCache(join(dir.path, "_latent_cache")),
      panelSize: 8,
      panelMode: "joint",
    },
  );
  assert.equal(used.calls.panels, 6); // composites, not panels
  assert.deepEqual([...(await data.latents(0)).data], [0]);
});

Deno.test("a changed picture or caption changes the hash and is encoded anew", async () => {
  await using dir = await folder();
  const { data } = await prepare(dir.path);
  await writeFile(
    join(dir.path, "0001.png"),
    await encodePng(blankImage(16, 16)),
  );
  const picture = await prepare(dir.path);
  assert.equal(picture.calls.panels, 12); // all of its batch
  assert.equal(picture.cache.counts.encoded, 2); // and what its seams look like
  assert.notEqual(picture.data.hash, data.hash);
  await writeFile(join(dir.path, "0001.txt"), "third");
  const caption = await prepare(dir.path);
  assert.deepEqual(caption.calls, { panels: 0, captions: 1 });
  assert.notEqual(caption.data.hash, picture.data.hash);
});

Deno.test("an unusable picture in the middle is named with its number", async () => {
  await using dir = await folder();
  const path = join(dir.path, "0001.png");
  const whole = await readFile(path);
  const refused = async (bytes: Uint8Array, rest: RegExp) => {
    await writeFile(path, bytes);
    await assert.rejects(prepare(dir.path), (error) => {
      assert(error instanceof DatasetError);
      assert.equal(error.index, 1);
      assert.match(
        error.message,
        /^Cannot use item 2 of 3, 0001\.png, of data set "/,
      );
      assert.match(error.message, rest);
      return true;
    });
  };
  await refused(new Uint8Array(0), /it is empty \(0 bytes\)$/);
  await refused(whole.subarray(0, 60), /Cannot decode/);
  await refused(
    await encodePng(blankImage(15, 15)),
    /its sides must be even: got 15 x 15$/,
  );
  await refused(
    await encodePng(blankImage(16, 7)),
    /its sides must be even: got 16 x 7$/,
  );
});

Deno.test("pictures of a pair that differ in shape are refused, however much is cached", async () => {
  await using dir = await pairs();
  await prepare(dir.path);
  const wide = join(dir.path, "1-edited.png");
  await writeFile(wide, await encodePng(blankImage(16, 8, [11, 0, 0])));
  for (let round = 0; round < 2; round++) {
    await assert.rejects(prepare(dir.path), (error: Error) => {
      assert.ok(error instanceof DatasetError);
      assert.match(
        error.message,
        /Cannot use item 1 of 6, line 1, of data set ".*": Cannot pair query ".*1-source\.png" and target ".*1-edited\.png" as both must have one shape, to be cut at one place: got 8 x 8 and 16 x 8$/,
      );
      return true;
    });
  }
});

Deno.test("pictures of a pair may have one shape in two sizes", async () => {
  await using dir = await pairs();
  const large = join(dir.path, "1-edited.png");
  await writeFile(large, await encodePng(blankImage(24, 24, [11, 0, 0])));
  const { data } = await prepare(dir.path);
  assert.equal(data.items.length, 6);
});

Deno.test("what a picture holds and panels do not show is told once", async () => {
  await using dir = await pairs();
  const { integers } = readGolden("pictures/colours");
  const animated = Uint8Array.from(integers["animated.png"]!);
  await writeFile(join(dir.path, "0-edited.png"), animated);
  const plain = await encodePng(await decodeImage(animated));
  await writeFile(join(dir.path, "0-source.png"), plain);
  const notices: string[] = [];
  await prepareDataset([{ manifest: await readManifest(dir.path) }], {
    encoder: encoder(),
    cache: new EncodingCache(join(dir.path, "_latent_cache")),
    panelSize: 8,
    onNotice: (notice) => notices.push(notice),
  });
  assert.deepEqual(
    notices.map((notice) => notice.replace(dir.path, "FOLDER")),
    ['"FOLDER/0-edited.png" holds 2 pictures: the first is read'],
  );
});

Deno.test("tasks have panels of the ratio of their query, encoded apart, and squares keep their encodings", async () => {
  await using dir = await pairs();
  const square = await prepare(dir.path);
  const wide = await encodePng(blankImage(24, 16, [90, 0, 0]));
  for (const name of ["0-source.png", "0-edited.png"]) {
    await writeFile(join(dir.path, name), wide);
  }
  const used = encoder();
  const sizes: string[][] = [];
  const seen: DatasetEncoder = {
    ...used,
    encodeImages(images) {
      sizes.push(images.map(({ width, height }) => `${width}x${height}`));
      return used.encodeImages(images);
    },
  };
  const data = await prepareDataset([{
    manifest: await readManifest(dir.path),
  }], {
    encoder: seen,
    cache: new EncodingCache(join(dir.path, "_latent_cache")),
    panelSize: 8,
    multiple: 2,
  });
  const shapes = data.items.map(({ panel: { width, height } }) =>
    `${width}x${height}`
  );
  assert.deepEqual(new Set(shapes), new Set(["8x8", "10x6"]));
  assert.notEqual(data.hash, square.data.hash);
  for (const [index, { panel }] of data.items.entries()) {
    for (const { width, height } of await data.panels(index)) {
      assert.deepEqual({ width, height }, panel);
    }
  }
  assert.ok(sizes.every((batch) => new Set(batch).size === 1));
  assert.deepEqual(new Set(sizes.flat()), new Set(["8x8", "10x6"]));
});
