/**
 * Runs the demo with nothing in Deno's cache, as after a fresh clone, and says
 * what it fetched: at most 80 MB, and nothing of what single verbs, tests and
 * benches need.
 *
 * `deno task` would fetch all of `deno.lock` first, so the demo is run as the
 * README runs it.
 *
 * Usage: deno run -A tools/check_download.ts
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const MOST = 80e6;
const root = fileURLToPath(new URL("..", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "edit-transfer-download-"));
try {
  const start = performance.now();
  const { status } = spawnSync(
    Deno.execPath(),
    ["run", "-A", "--quiet", "tools/demo.ts"],
    {
      cwd: root,
      env: { ...process.env, DENO_DIR: folder },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  assert.equal(status, 0, `the demo ended with ${status}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const bytes = await bytesOf(folder);
  const megabytes = (bytes / 1e6).toFixed(1);
  process.stdout.write(`${megabytes} MB in ${seconds} s\n`);
  assert.ok(
    bytes <= MOST,
    `the demo must fetch at most ${MOST / 1e6} MB: got ${megabytes} MB`,
  );
} finally {
  await rm(folder, { recursive: true });
}

async function bytesOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = names.map(async (name) => {
    const found = await stat(join(folder, name));
    return found.isFile() ? found.size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
