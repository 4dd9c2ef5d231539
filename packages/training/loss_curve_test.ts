import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { lossCurve, writeLossCurve } from "./loss_curve.ts";
import type { LogRecord } from "./run_log.ts";

Deno.test("a curve stays small and within its frame", () => {
  const points = Array.from(
    { length: 6000 },
    (_, i) => [i + 1, 1 / (1 + i / 500)] as const,
  );
  const svg = lossCurve(points, [[3000, 0.2], [6000, 0.1]])!;
  assert(svg.length < 40_000);
  assert(!/NaN|Infinity|undefined/.test(svg));
  assert.equal(svg.match(/<circle/g)?.length, 2);
  for (const [, list] of svg.matchAll(/points="([^"]+)"/g)) {
    for (const point of list!.split(" ")) {
      const [x, y] = point.split(",").map(Number);
      assert(x! >= 64 && x! <= 696 && y! >= 24 && y! <= 344, point);
    }
  }
});

Deno.test("few and odd values are drawn too", () => {
  assert.equal(lossCurve([], []), undefined);
  for (const loss of [0, 1e-12, 5, 1e9]) {
    assert(!/NaN|Infinity/.test(lossCurve([[1, loss]], [])!));
  }
});

Deno.test("a run without steps has no curve; one with steps has two files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "curve-"));
  await writeLossCurve(folder, [{ event: "start", step: 0 }]);
  assert.deepEqual(await readdir(folder), []);
  const records: LogRecord[] = [1, 2, 3].map((step) => ({
    event: "step",
    step,
    loss: 1 / step,
  }));
  await writeLossCurve(folder, [...records, {
    event: "skip",
    step: 4,
    loss: null,
  }]);
  assert.deepEqual((await readdir(folder)).sort(), ["loss.png", "loss.svg"]);
  const { width, format } = await sharp(
    await readFile(join(folder, "loss.png")),
  )
    .metadata();
  assert.deepEqual([width, format], [1440, "png"]);
  await rm(folder, { recursive: true });
});
