import { SeededRandom } from "@edit-transfer/dataset";
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { writeRun } from "./_test_model.ts";
import {
  listCheckpoints,
  readCheckpoint,
} from "../../packages/training/checkpoint.ts";

const MAIN = new URL("./_test_main.ts", import.meta.url).pathname;

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "kill-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Starts the program in a process of its own. */
function start(config: string, { args = [], step = 10 }: {
  args?: readonly string[];
  step?: number;
} = {}) {
  const child = spawn(
    Deno.execPath(),
    ["run", "-A", "--no-check", MAIN, "--config", config, ...args],
    { env: { ...process.env, TEST_STEP_MS: String(step) } },
  );
  let errors = "";
  child.stderr.on("data", (chunk) => errors += chunk);
  child.stdout.resume();
  const ended = new Promise<{ code: number | null; errors: string }>((
    resolve,
  ) => child.on("close", (code) => resolve({ code, errors })));
  return { child, ended };
}

/** Waits until a run has a checkpoint at least, or has ended. */
async function checkpointOf(run: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    if ((await listCheckpoints(join(run, "checkpoints"))).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Contents of the last checkpoint and of the finished files. */
async function results(run: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(run, { recursive: true })) {
    if (!/000000020\/|safetensors$|loss\.svg$/.test(name)) continue;
    if (/checkpoints/.test(name) && !/000000020/.test(name)) continue;
    found[name] = await readFile(join(run, name), "base64");
  }
  return found;
}

Deno.test("killed at random moments, a run resumes to the same bytes", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path, { save: "save_every: 1" });
  const run = join(dir.path, "out", "run");
  assert.equal((await start(config, { step: 0 }).ended).code, 0);
  const straight = await results(run);
  assert.equal(Object.keys(straight).length, 5 + 2 + 1);

  const random = new SeededRandom(Number(process.env.KILL_SEED ?? 1));
  const kills = Number(process.env.KILLS ?? 20);
  let killed = 0;
  while (killed < kills) {
    await rm(run, { recursive: true });
    for (let attempt = 0; killed < kills; attempt++) {
      const args = attempt === 0 ? [] : ["--resume"];
      const { child, ended } = start(config, { args });
      if (attempt === 0) await checkpointOf(run, child);
      // up to the start of the program and a few steps of it
      const wait = attempt === 0 ? 100 : 500;
      await new Promise((resolve) =>
        setTimeout(resolve, wait * random.uniform())
      );
      child.kill("SIGKILL");
      const { code, errors } = await ended;
      if (code !== null) {
        assert.equal(code, 0, errors);
        break; // it was faster
      }
      killed++;
      for (const name of await listCheckpoints(join(run, "checkpoints"))) {
        await readCheckpoint(join(run, "checkpoints", name));
      }
    }
  }
  const { code, errors } = await start(config, { args: ["--resume"], step: 0 })
    .ended;
  assert.equal(code, 0, errors);
  assert.deepEqual(await results(run), straight);
});

for (
  const [signal, wanted] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const
) {
  Deno.test(`${signal} finishes the step, saves and exits with ${wanted}`, async () => {
    await using dir = await folder();
    const config = await writeRun(dir.path);
    const run = join(dir.path, "out", "run");
    const first = start(config, { step: 60 });
    await checkpointOf(run, first.child);
    process.kill(first.child.pid!, signal); // child.kill would hide the exit code
    const { code, errors } = await first.ended;
    assert.equal(code, wanted, errors);
    assert.match(
      errors,
      /finishing the step[^]*stopped at step \d+; go on with --resume\n$/,
    );
    const [last] = (await listCheckpoints(join(run, "checkpoints"))).reverse();
    assert(Number(last) >= 4 && Number(last) < 20);
    assert(
      (await start(config, { args: ["--resume"], step: 0 }).ended).code === 0,
    );
  });
}

Deno.test("a training goes on where nobody reads what it says", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const run = join(dir.path, "out", "run");
  for (
    const [redirect, wanted] of [
      ["2>&- >&-", 0],
      ["2>/dev/full", 0],
      ["2> >(exit 0) | true", 0],
      [">/dev/full", 1], // the name of the LoRA is lost, the LoRA is not
    ] as const
  ) {
    await rm(run, { recursive: true, force: true });
    const child = spawn("bash", [
      ...["-c", `set -o pipefail; "$@" ${redirect}`, "bash", Deno.execPath()],
      ...["run", "-A", "--no-check", MAIN, "--config", config],
    ], { stdio: "ignore" });
    const code = await new Promise((done) => child.on("close", done));
    assert.equal(code, wanted, redirect);
    await stat(join(run, "run_ema.safetensors"));
  }
});

Deno.test("two runs into one folder are refused", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const run = join(dir.path, "out", "run");
  const first = start(config, { step: 60 });
  await checkpointOf(run, first.child);
  const second = await start(config, { args: ["--resume"] }).ended;
  first.child.kill("SIGKILL");
  await first.ended;
  assert.equal(second.code, 1);
  assert.match(
    second.errors,
    /error: Cannot train in ".*" as one run at a time may write there: process \d+ holds it\n$/,
  );
});

Deno.test("two and three runs at once that draw the same figures end as one alone does", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const figures = "{ count: 3, identities: 2, seed: 1 }";
  const train = (name: string) =>
    start(config, {
      args: [
        "--set",
        `name=${name}`,
        `datasets=[{ figures: ${figures}, caption_template: "{edit}" }]`,
        `validation={ figures: { count: 2 }, caption_template: "{edit}" }`,
      ],
      step: 0,
    }).ended;
  const out = join(dir.path, "out");
  assert.equal((await train("alone")).code, 0);
  const alone = await readFile(join(out, "alone", "alone_ema.safetensors"));
  for (let i = 0; i < Number(process.env.RUNS ?? 2); i++) {
    const count = i % 2 + 2;
    for (const name of ["_figures", "_latent_cache"]) {
      await rm(join(out, name), { recursive: true });
    }
    const names = ["a", "b", "c"].slice(0, count).map((name) => name + i);
    for (const { code, errors } of await Promise.all(names.map(train))) {
      assert.equal(code, 0, errors);
    }
    for (const name of names) {
      const path = join(out, name, `${name}_ema.safetensors`);
      assert.deepEqual(await readFile(path), alone);
    }
    assert.deepEqual(
      (await readdir(join(out, "_figures"))).filter((one) => /lock$/.test(one)),
      [],
    );
  }
});

Deno.test("bad flags and configs exit with 2 and one line", async () => {
  await using dir = await folder();
  const config = await writeRun(dir.path);
  const none = await start(join(dir.path, "none.yaml")).ended;
  assert.equal(none.code, 2);
  assert.match(
    none.errors,
    /^error: Config not found: ".*none\.yaml"\n$/,
  );
  const rank = await start(config, { args: ["--set", "network.linear=0"] })
    .ended;
  assert.equal(rank.code, 2);
  assert.match(
    rank.errors,
    /as network\.linear must be an integer from 1 to 4096: got 0\n$/,
  );
  const flag = await start(config, { args: ["--stepps"] }).ended;
  assert.equal(flag.code, 2);
  const lost = await start(config, { args: ["--resume", "none"] }).ended;
  assert.equal(lost.code, 1);
  assert.match(lost.errors, /Checkpoint not found: "none"\n$/);
  const dirConfig = await start(dir.path).ended;
  assert.equal(dirConfig.code, 2);
  assert.match(dirConfig.errors, /Cannot read config ".*": it is a folder\n$/);
  await assert.rejects(stat(join(dir.path, "out")), { code: "ENOENT" }); // nothing written
});
