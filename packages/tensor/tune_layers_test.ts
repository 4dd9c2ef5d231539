import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { NO_ADAPTER, testAdapter } from "./_test_adapter.ts";
import { tuneLayers } from "./tune_layers.ts";

const LAYER = { M: 20, N: 48, K: 32, dtype: "f32" } as const;
const LAYERS = [
  LAYER,
  { ...LAYER, M: 30 }, // in the bucket of the first
  { ...LAYER, gradient: "x" },
  { ...LAYER, gradient: "weight" },
  { heads: 2, L: 20, D: 16 },
  { heads: 2, L: 20, D: 16, gradient: true },
] as const;
const BUCKETS = [
  "gemm 32x64x32 f32",
  "gemm 32x32x64 f32 nn",
  "gemm 32x64x32 f32 nn",
];

Deno.test({
  name: `tuneLayers() measures again and keeps it${
    testAdapter === undefined ? NO_ADAPTER : ""
  }`,
  ignore: testAdapter === undefined,
  async fn() {
    const folder = await mkdtemp(join(os.tmpdir(), "tune-layers-"));
    try {
      const progress: [number, number][] = [];
      const onProgress = (done: number, all: number) =>
        progress.push([done, all]);
      const rows = await tuneLayers(LAYERS, { folder, onProgress });
      assert.deepEqual(progress, [0, 1, 2, 3, 4].map((done) => [done, 5]));
      const measured = rows.map(({ bucket }) => bucket);
      // a software adapter has one way for attention
      assert.deepEqual(measured.slice(0, 3), BUCKETS);
      const inside = join(folder, "edit-transfer", "tuning");
      const [name] = await readdir(inside);
      const path = join(inside, name!);
      const kept = JSON.parse(await readFile(path, "utf8"));
      for (const { bucket, ...kernel } of rows) {
        assert.deepEqual(kept.kernels[bucket], kernel);
      }
      const [first, second] = BUCKETS as [string, string];
      kept.kernels[first].microseconds = -1;
      kept.kernels[second].microseconds = -1;
      await writeFile(path, JSON.stringify(kept));
      const [again] = await tuneLayers([LAYER], { folder });
      assert.ok(again!.microseconds > 0);
      const { kernels } = JSON.parse(await readFile(path, "utf8"));
      assert.equal(kernels[first].microseconds, again!.microseconds);
      assert.equal(kernels[second].microseconds, -1);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
});
