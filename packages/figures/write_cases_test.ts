import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { CASE_PANELS, figureCase } from "./case.ts";
import { render } from "./render.ts";
import { writeCases } from "./write_cases.ts";

async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "figures-"));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

Deno.test("cases are written with their pictures and one line each", () =>
  withFolder(async (dir) => {
    const set = { split: "test", seed: 3, compose: 2 } as const;
    const progress: number[] = [];
    const file = await writeCases(join(dir, "set"), {
      ...set,
      count: 34,
      size: 32,
      onProgress: (written) => progress.push(written),
    });
    assert.deepEqual(progress, [32, 34]);
    const lines = (await readFile(file, "utf8")).trim().split("\n").map((
      line,
    ) => JSON.parse(line));
    assert.equal(lines.length, 34);
    const drawn = figureCase({ ...set, index: 33 });
    assert.deepEqual(lines[33], {
      id: "0033",
      edit: drawn.words,
      caption: drawn.caption,
      types: drawn.edits.map(({ type }) => type.name),
      parameters: drawn.edits.map(({ parameters }) => parameters),
      framing: drawn.framing,
      identities: {
        example: drawn.identities.example.number,
        query: drawn.identities.query.number,
      },
      split: "test",
      seed: 3,
    });
    for (const panel of CASE_PANELS) {
      const written = await sharp(join(dir, "set", "0033", `${panel}.png`))
        .raw().toBuffer();
      const rendered = await render(drawn[panel], { size: 32 });
      assert.equal(written.length, rendered.length);
      assert(rendered.every((level, k) => Math.abs(level - written[k]!) <= 2));
    }
  }));

Deno.test("a folder that holds something is left alone unless told", () =>
  withFolder(async (dir) => {
    await writeFile(join(dir, "mine.txt"), "mine");
    const options = { split: "train", seed: 1, count: 1 } as const;
    await assert.rejects(writeCases(dir, options), {
      message:
        `Cannot write figures as "${dir}" must be empty: got 1 entries, such as "mine.txt"; ` +
        "name another folder, or overwrite with --force",
    });
    assert.deepEqual(await readdir(dir), ["mine.txt"]);
    await writeCases(dir, { ...options, overwrite: true });
    assert.deepEqual((await readdir(dir)).sort(), [
      "0000",
      "cases.jsonl",
      "mine.txt",
    ]);
  }));

Deno.test("a file in place of the folder is refused", () =>
  withFolder(async (dir) => {
    const file = join(dir, "file");
    await writeFile(file, "");
    await assert.rejects(
      writeCases(file, { split: "train", seed: 1, count: 1 }),
      {
        message:
          `Cannot write figures as "${file}" must be a folder that can be read: got a file`,
      },
    );
  }));

Deno.test("bad numbers are refused before anything is written", () =>
  withFolder(async (dir) => {
    const target = join(dir, "set");
    const good = { split: "train", seed: 1, count: 1 } as const;
    for (
      const bad of [{ count: 0 }, { seed: -1 }, { compose: 4 }, { size: 1 }]
    ) {
      await assert.rejects(writeCases(target, { ...good, ...bad }), RangeError);
      assert(!existsSync(target), JSON.stringify(bad));
    }
  }));

Deno.test("an abort leaves no cases.jsonl", () =>
  withFolder(async (dir) => {
    const target = join(dir, "set");
    const stop = new AbortController();
    await assert.rejects(
      writeCases(target, {
        split: "train",
        seed: 1,
        count: 64,
        size: 8,
        signal: stop.signal,
        onProgress: () => stop.abort(),
      }),
      { name: "AbortError" },
    );
    assert.deepEqual(
      (await readdir(target)).filter((name) => name.startsWith("cases")),
      [],
    );
  }));
