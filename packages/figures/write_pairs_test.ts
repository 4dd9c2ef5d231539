import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { drawInstance } from "./instance.ts";
import { render } from "./render.ts";
import { writePairs } from "./write_pairs.ts";

async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "figures-"));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

const SET = { split: "train", seed: 3, identities: 3, size: 32 } as const;

Deno.test("every ordered pair of figures is a line, every picture is drawn once", () =>
  withFolder(async (dir) => {
    const file = await writePairs(dir, {
      ...SET,
      count: 2,
      compose: 2,
      template: "to {edit}",
    });
    const lines = (await readFile(file, "utf8")).trim().split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 2 * 3 * 2);
    const drawn = drawInstance({ ...SET, index: 1, compose: 2 });
    assert.deepEqual(lines.at(-1), {
      before: "0001/2-source.png",
      after: "0001/2-edited.png",
      query: "0001/1-source.png",
      target: "0001/1-edited.png",
      caption: `to ${drawn.words}`,
    });
    assert.equal((await readdir(join(dir, "0001"))).length, 6);
    const written = await sharp(join(dir, "0001", "2-edited.png")).raw()
      .toBuffer();
    const rendered = await render(drawn.pairs[2]!.edited, { size: 32 });
    assert(rendered.every((level, k) => Math.abs(level - written[k]!) <= 2));
  }));

Deno.test("a stopped set goes on with what is there", () =>
  withFolder(async (dir) => {
    const stop = new AbortController();
    const options = { ...SET, size: 8, count: 40 };
    await assert.rejects(
      writePairs(dir, {
        ...options,
        signal: stop.signal,
        onProgress: () => stop.abort(),
      }),
      { name: "AbortError" },
    );
    assert.equal((await readdir(dir)).length, 32);
    const kept = join(dir, "0000", "0-source.png");
    await writeFile(kept, "left alone");
    await rm(join(dir, "0001"), { recursive: true });
    await assert.rejects(writePairs(dir, options), /must be empty: got 31/);
    await writePairs(dir, { ...options, existing: "keep" });
    assert.equal(await readFile(kept, "utf8"), "left alone");
    assert.equal((await readdir(join(dir, "0001"))).length, 6);
    assert.equal((await readdir(dir)).length, 41);
    await writePairs(dir, { ...options, existing: "replace" });
    assert.notEqual(await readFile(kept, "utf8"), "left alone");
  }));

Deno.test("bad numbers are refused before anything is written", () =>
  withFolder(async (dir) => {
    const good = { ...SET, count: 1 };
    const set = join(dir, "set");
    for (
      const bad of [{ count: 0 }, { identities: 1 }, { seed: -1 }, {
        compose: 4,
      }]
    ) {
      await assert.rejects(writePairs(set, { ...good, ...bad }), RangeError);
    }
    assert.deepEqual(await readdir(dir), []);
  }));
