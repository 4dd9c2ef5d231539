/**
 * Runs an edit of the demo's pictures with a command line that has no
 * repository around it, from a folder elsewhere: from a copy of the program, and
 * by its address on a file server. Both have to make the same picture.
 *
 * Usage: deno run -A tools/check_install.ts
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { importMap } from "./build_import_map.ts";

/** What the program consists of. */
const PARTS = [
  "apps/cli",
  "packages",
  "models/micro",
  "deno.json",
  "deno.lock",
  "import_map.json",
];
const NOT_COPIED = /(^_test_.*|_test)\.ts$|^(train|log|node_modules)$/;
const TYPES: Readonly<Record<string, string>> = {
  ".ts": "application/typescript",
  ".json": "application/json",
};

const root = fileURLToPath(new URL("..", import.meta.url));
assert.equal(
  await readFile(join(root, "import_map.json"), "utf8"),
  await importMap(),
  "import_map.json is old: run tools/build_import_map.ts",
);
const folder = await mkdtemp(join(tmpdir(), "edit-transfer-install-"));
const program = join(folder, "program");
for (const part of PARTS) {
  await cp(join(root, part), join(program, part), {
    recursive: true,
    filter: (path) => !NOT_COPIED.test(basename(path)),
  });
}
const demo = join(folder, "pictures");
await cp(join(root, "fixtures/demo/0000"), demo, { recursive: true });

const server = createServer(async ({ url = "/" }, response) => {
  try {
    const { pathname } = new URL(url, "http://localhost");
    const bytes = await readFile(join(program, decodeURIComponent(pathname)));
    const type = TYPES[extname(pathname)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
const { port } = server.address() as AddressInfo;
const address = `http://127.0.0.1:${port}`;
try {
  const copied = await edited("copy", [join(program, "apps/cli/main.ts")]);
  const served = await edited("address", [
    `--reload=${address}`,
    "--no-config",
    "--no-lock",
    `--import-map=${address}/import_map.json`,
    `${address}/apps/cli/main.ts`,
  ]);
  assert.deepEqual(served, copied);
} finally {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
}

/** Runs the program and returns the pixels' file. */
async function edited(name: string, main: readonly string[]) {
  const start = performance.now();
  const output = join(demo, `${name}.png`);
  const child = spawn(Deno.execPath(), [
    ...["run", "-A", "--no-check", "--quiet", ...main, "edit"],
    ...["--example", "source.png", "edited.png", "--query", "query.png"],
    ...["--edit", "jumping", "--steps", "4", "--device", "cpu", "--quiet"],
    ...["-o", output],
  ], {
    cwd: demo,
    env: { ...process.env, XDG_CACHE_HOME: join(folder, "cache") },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise<number | null>((done) =>
    child.on("close", done)
  );
  assert.equal(code, 0, `${name}: exit code ${code}`);
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${name}: edited in ${seconds.toFixed(1)} s\n`);
  return await readFile(output);
}
