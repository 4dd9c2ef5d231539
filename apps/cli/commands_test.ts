import assert from "node:assert/strict";
import { filesIn, inFolder, runCli } from "./_run_cli.ts";

Deno.test("doctor reports the runtime and how fast the cpu multiplies", async () => {
  await inFolder(async (cwd) => {
    const { code, stdout } = await runCli(["doctor", "--json"], { cwd });
    assert.equal(code, 0);
    const report = JSON.parse(stdout);
    assert.match(report.runtime, /^Deno \d/);
    assert.ok(report.cpu.gflops > 0);
    assert.ok(report.advice.length > 0);
  });
});

Deno.test("figures writes cases and prints where their list is", async () => {
  await inFolder(async (cwd) => {
    const args = ["figures", "--count", "2", "--compose", "2", "-o", "cases"];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    assert.equal(code, 0);
    assert.equal(stdout, "cases/cases.jsonl\n");
    assert.match(stderr, /^figures 2\/2 .* (cases\/s|s\/case) /);
    assert.deepEqual(filesIn(`${cwd}/cases`), ["0000", "0001", "cases.jsonl"]);
  });
});

Deno.test("help names every command", async () => {
  await inFolder(async (cwd) => {
    const { code, stdout } = await runCli([], { cwd });
    assert.equal(code, 0);
    for (const name of ["edit", "generate", "figures", "info", "doctor"]) {
      assert.match(stdout, new RegExp(`^ +${name}\\b`, "m"));
    }
  });
});
