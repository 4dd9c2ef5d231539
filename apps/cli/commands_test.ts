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
    const listed = [...stdout.matchAll(/^ {2}(\w+) +\S/gm)].map(([, name]) =>
      name!
    );
    const files = await Array.fromAsync(
      Deno.readDir(new URL("commands", import.meta.url)),
      ({ name }) => name.replace(/\.ts$/, ""),
    );
    const verbs = files.filter((name) => !name.includes("_"));
    assert.deepEqual(listed.toSorted(), verbs.toSorted());
  });
});

Deno.test("help of a verb, and of a verb's own verb, is its own", async () => {
  await inFolder(async (cwd) => {
    const cases: [string[], RegExp][] = [
      [["help", "convert"], /^Usage: edit-transfer convert /],
      [["help", "lora", "inspect"], /^Usage: edit-transfer lora inspect /],
      [["lora", "inspect", "--help"], /^Usage: edit-transfer lora inspect /],
      [["lora", "--help"], /^Usage: edit-transfer lora [^]*^ +merge /m],
      [["--version"], /^\d+\.\d+\.\d+\n$/],
    ];
    for (const [args, text] of cases) {
      const { code, stdout, stderr } = await runCli(args, { cwd });
      assert.equal(code, 0, stderr);
      assert.match(stdout, text);
    }
    const unknown = await runCli(["help", "edti"], { cwd });
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /unknown command 'edti' \(Did you mean edit/);
  });
});

Deno.test("--json gives errors as JSON too, beside the sentence", async () => {
  await inFolder(async (cwd) => {
    const args = ["info", "none.png", "--json"];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    assert.equal(code, 1);
    const message = 'Picture not found: "none.png"';
    assert.deepEqual(JSON.parse(stdout), { error: { message, code } });
    assert.equal(stderr, `error: ${message}\n`);
  });
});

Deno.test("text of others commands no terminal", async () => {
  await inFolder(async (cwd) => {
    const run = await runCli(["info", "\x1b[2Ja.png"], { cwd });
    assert.equal(
      run.stderr,
      'error: Picture not found: "\\u001b[2Ja.png"\n',
    );
  });
});
