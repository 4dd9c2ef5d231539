/**
 * Runs README.md's library example as a program of its own, in a folder outside
 * the repository, and scores the picture that it writes: its gain has to be at
 * least 0.75.
 *
 * Usage: deno run -A tools/check_example.ts
 */
import { decodeImage } from "@edit-transfer/image";
import { gain } from "@edit-transfer/metrics";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const CASE = "fixtures/demo/0000";
const LEAST = 0.75;

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(join(root, "README.md"), "utf8");
const [, example] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
assert.ok(example !== undefined, "README.md has no ts block");

const folder = await mkdtemp(join(tmpdir(), "edit-transfer-example-"));
try {
  await writeFile(join(folder, "example.ts"), example);
  await cp(join(root, CASE), join(folder, CASE), { recursive: true });
  const map = `--import-map=${join(root, "import_map.json")}`;
  const { status } = spawnSync(
    Deno.execPath(),
    ["run", "-A", "--no-config", "--no-lock", map, "example.ts"],
    { cwd: folder, stdio: ["ignore", "ignore", "inherit"] },
  );
  assert.equal(status, 0, `README.md's example ended with ${status}`);
  const picture = (name: string) =>
    decodeImage(join(folder, CASE, `${name}.png`));
  const score = await gain.score(await decodeImage(join(folder, "out.png")), {
    query: await picture("query"),
    answer: await picture("target"),
  });
  const value = gain.summarize([score]);
  process.stdout.write(`README.md's example: gain ${value.toFixed(3)}\n`);
  assert.ok(value >= LEAST, `its gain must be at least ${LEAST}: got ${value}`);
} finally {
  await rm(folder, { recursive: true });
}
