import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { editArgs, filesIn, inFolder } from "./_run_cli.ts";

const MAIN = new URL("main.ts", import.meta.url).pathname;

/** Runs an edit by the shell, which may close or redirect its streams. */
function shell(redirect: string, cwd: string, args: readonly string[]) {
  const child = spawn("bash", [
    ...["-c", `set -o pipefail; "$@" ${redirect}`, "bash"],
    ...[Deno.execPath(), "run", "-A", "--no-check", "--quiet", MAIN, ...args],
  ], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (part) => texts.stdout += part);
  child.stderr.on("data", (part) => texts.stderr += part);
  return new Promise<{ code: number } & typeof texts>((done) =>
    child.on("close", (code) => done({ code: code!, ...texts }))
  );
}

for (
  const [what, redirect, code] of [
    ["closed stderr", "2>&-", 0],
    ["full stderr", "2>/dev/full", 0],
    ["stderr that nobody reads", "2> >(exit 0)", 0],
    ["closed stdout", ">&-", 0],
    ["stdout that nobody reads", "| true", 0],
    ["full stdout", ">/dev/full", 1],
    ["full stdout and stderr", ">/dev/full 2>/dev/full", 1],
  ] as const
) {
  Deno.test(`a ${what} costs no picture`, async () => {
    await inFolder(async (cwd) => {
      const args = editArgs("-o", "a.png", "--seed", "1", "2", "--verbose");
      const run = await shell(redirect, cwd, args);
      assert.deepEqual(filesIn(cwd), ["a_seed_1.png", "a_seed_2.png"]);
      assert.equal(run.code, code, run.stderr);
      if (redirect === ">/dev/full") {
        assert.match(
          run.stderr,
          /^error: (?:Error: )?Cannot write to the standard output: the disk is full; all else is done$/m,
        );
      }
    });
  });
}

Deno.test("help that nobody reads ends quietly", async () => {
  await inFolder(async (cwd) => {
    for (const args of [["--help"], ["edit", "--help"], ["edit", "--bad"]]) {
      const run = await shell("2>&1 | true", cwd, args);
      assert.ok(run.code < 3, String(run.code));
    }
  });
});
