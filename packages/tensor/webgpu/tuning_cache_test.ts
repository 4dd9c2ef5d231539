import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { dirname, join } from "node:path";
import { adapterFile, readTuning, writeTuning } from "./tuning_cache.ts";

const identity = { description: "Card 9000: driver 1.2", version: "0.1.0" };
const kernel = (variant: string) => ({
  variant,
  microseconds: 2,
  suggested: "tile:64x64",
  suggestedMicroseconds: 3,
});

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(os.tmpdir(), "tuning-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("adapterFile() names adapter and driver", () => {
  const path = adapterFile("cache", identity, "tuning");
  assert.match(
    path.replaceAll("\\", "/"),
    /^cache\/edit-transfer\/tuning\/Card-9000-driver-1-2-[0-9a-f]{8}\.json$/,
  );
  assert.notEqual(
    path,
    adapterFile("cache", { ...identity, version: "0.1.1" }, "tuning"),
  );
});

Deno.test("writeTuning() adds to what is there", () =>
  inFolder(async (folder) => {
    const path = adapterFile(folder, identity, "tuning");
    for (const name of ["a", "b"]) {
      const kernels = new Map([[`gemm ${name}`, kernel(`tile:${name}`)]]);
      await writeTuning(path, { identity, kernels });
    }
    const read = await readTuning(path, identity);
    assert.deepEqual([...read.keys()], ["gemm a", "gemm b"]);
    assert.deepEqual(read.get("gemm a"), kernel("tile:a"));
    assert.equal((await readdir(dirname(path))).length, 1);
    const other = { ...identity, description: "other" };
    assert.equal((await readTuning(path, other)).size, 0);
  }));

for (const text of ["", "{", "[]", '{"kernels": 3}', '{"kernels": null}']) {
  Deno.test(`readTuning() ignores a file with ${text || "nothing"}, writeTuning() replaces it`, () =>
    inFolder(async (folder) => {
      const path = adapterFile(folder, identity, "tuning");
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      assert.equal((await readTuning(path, identity)).size, 0);
      const kernels = new Map([["gemm a", kernel("tile:a")]]);
      await writeTuning(path, { identity, kernels });
      assert.equal((await readTuning(path, identity)).size, 1);
    }));
}

Deno.test("readTuning() ignores entries that are no measurements", () =>
  inFolder(async (folder) => {
    const path = adapterFile(folder, identity, "tuning");
    await mkdir(dirname(path), { recursive: true });
    const kernels = { good: kernel("tile:a"), bad: { variant: 3 }, none: null };
    await writeFile(path, JSON.stringify({ identity, kernels }));
    assert.deepEqual([...(await readTuning(path, identity)).keys()], ["good"]);
  }));

Deno.test("writeTuning() keeps nothing where it cannot write", () =>
  inFolder(async (folder) => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const path = adapterFile(file, identity, "tuning");
    await writeTuning(path, { identity, kernels: new Map() });
    assert.equal((await readTuning(path, identity)).size, 0);
  }));
