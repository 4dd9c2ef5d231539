/**
 * Runs the tests against PyTorch's goldens and prints, for each file of tests
 * and device, the largest relative error that was reached.
 *
 * Usage: deno run -A bench/error_table.ts [LOG]
 *
 * LOG is what an earlier run of the tests wrote with EDIT_TRANSFER_ERRORS=LOG;
 * without it, the tests run now.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

interface Entry {
  readonly file: string;
  readonly test: string;
  readonly error: number;
  readonly limit: number;
}

/** Runs the tests and returns what they logged. */
function runTests(): string {
  const folder = mkdtempSync(join(tmpdir(), "errors-"));
  const log = join(folder, "errors.jsonl");
  try {
    spawnSync(Deno.execPath(), ["task", "test", "packages"], {
      env: { ...process.env, EDIT_TRANSFER_ERRORS: log },
      stdio: ["ignore", "ignore", "inherit"],
    });
    return readFileSync(log, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [path] = process.argv.slice(2);
const log = path === undefined ? runTests() : readFileSync(path, "utf8");
const entries = log.trim().split("\n")
  .map((line) => JSON.parse(line) as Entry)
  .filter(({ file }) => file !== "" && !file.startsWith("packages/testing/"));

const files = Map.groupBy(entries, ({ file }) => file);
process.stdout.write(
  "| tests | cpu | webgpu | other | allowed |\n| --- | --- | --- | --- | --- |\n",
);
for (const [file, group] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
  const worst = (part: readonly Entry[]) =>
    part.length === 0
      ? ""
      : Math.max(...part.map(({ error }) => error)).toExponential(1);
  const on = (device: string) =>
    group.filter(({ test }) => test.endsWith(`[${device}]`));
  const other = group.filter(({ test }) => !/\[(cpu|webgpu)\]$/.test(test));
  const name = file.replace(/^packages\//, "").replace(/_test\.ts$/, "");
  const limit = Math.max(...group.map((entry) => entry.limit));
  process.stdout.write(
    `| ${
      [
        name,
        worst(on("cpu")),
        worst(on("webgpu")),
        worst(other),
        limit.toExponential(1),
      ]
        .join(" | ")
    } |\n`,
  );
}
