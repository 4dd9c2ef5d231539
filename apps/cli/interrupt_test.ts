import assert from "node:assert/strict";
import { join } from "node:path";
import { testHub } from "../../packages/hub/_test_hub_server.ts";
import {
  cliCommand,
  editArgs,
  filesIn,
  fixture,
  inFolder,
} from "./_run_cli.ts";

/** Runs a verb, sends a signal once `begun` says so, and returns what it says. */
async function interrupted(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
  begun: () => Promise<unknown>,
  signal: Deno.Signal = "SIGINT",
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = cliCommand(args, options).spawn();
  await begun();
  child.kill(signal);
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Waits until a file is there. */
async function isThere(path: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await Deno.stat(path).catch(() => null) !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`File not found: "${path}"`);
}

Deno.test("Ctrl-C ends pull with 130", async () => {
  await inFolder(async (cwd) => {
    await using hub = await testHub({
      files: { "a.safetensors": new Uint8Array(3_000_000) },
      lfs: ["a.safetensors"],
      stalls: [700_000],
    });
    const env = {
      HF_ENDPOINT: hub.url,
      HF_HUB_CACHE: join(cwd, "cache"),
      HF_HOME: join(cwd, "home"),
      HF_TOKEN: "",
    };
    const args = ["pull", "owner/model", "--quiet"];
    const run = await interrupted(args, { cwd, env }, () => hub.stalled());
    assert.deepEqual(run, {
      code: 130,
      stdout: "",
      stderr: "error: Interrupted\n",
    });
  });
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`${signal} ends an edit with ${code}, and it leaves nothing`, async () => {
    await inFolder(async (cwd) => {
      const args = editArgs("--steps", "10000", "--preview-dir", "p");
      const begun = () => isThere(`${cwd}/p/step_001.png`);
      const run = await interrupted(args, { cwd }, begun, signal);
      assert.equal(run.code, code, run.stderr);
      assert.match(run.stderr, new RegExp(`error: Stopped by ${signal}\n$`));
      assert.deepEqual(filesIn(cwd), ["p"]);
      assert.ok(filesIn(`${cwd}/p`).every((name) => name.endsWith(".png")));
    });
  });
}

Deno.test("Ctrl-C ends figures with 130", async () => {
  await inFolder(async (cwd) => {
    const args = ["figures", "--count", "100000", "-o", "out", "--quiet"];
    const run = await interrupted(args, { cwd }, () => isThere(`${cwd}/out`));
    assert.equal(run.code, 130, run.stderr);
    assert.equal(run.stdout, "");
  });
});

Deno.test("Ctrl-C ends a batch with 130, and what is finished stays", async () => {
  await inFolder(async (cwd) => {
    const demo = (name: string) => fixture(`demo/0000/${name}.png`);
    const job = { before: demo("source"), after: demo("edited") };
    const lines = [1, 100_000].map((steps) =>
      JSON.stringify({
        ...job,
        query: demo("query"),
        output: `${steps}.png`,
        steps,
      })
    );
    await Deno.writeTextFile(`${cwd}/jobs.jsonl`, lines.join("\n"));
    const args = ["batch", "jobs.jsonl", "--device", "cpu", "--json"];
    const run = await interrupted(
      args,
      { cwd },
      () => isThere(`${cwd}/1.png`),
    );
    assert.equal(run.code, 130, run.stderr);
    const last = JSON.parse(run.stdout.trimEnd().split("\n").at(-1)!);
    assert.deepEqual(last, { error: { message: "Interrupted", code: 130 } });
    assert.deepEqual(filesIn(cwd), ["1.png", "jobs.jsonl"]);
  });
});
