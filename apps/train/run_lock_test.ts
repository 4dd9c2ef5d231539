import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { lockRun } from "./run_lock.ts";

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "lock-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const write = (dir: string, holder: unknown) =>
  writeFile(
    join(dir, "run.lock"),
    typeof holder === "string" ? holder : JSON.stringify(holder),
  );

Deno.test("a second run is refused until the first ends", async () => {
  await using dir = await folder();
  {
    await using _lock = await lockRun(dir.path);
    await assert.rejects(lockRun(dir.path), {
      message:
        `Cannot train in "${dir.path}" as one run at a time may write there: process ${process.pid} holds it`,
    });
  }
  assert.deepEqual(await readdir(dir.path), []);
  await using _again = await lockRun(dir.path);
});

Deno.test("of many runs at once, one gets the folder", async () => {
  await using dir = await folder();
  await write(dir.path, {
    pid: await deadProcess(),
    host: hostname(),
    began: "1",
  });
  const tries = await Promise.allSettled(
    Array.from({ length: 12 }, () => lockRun(dir.path)),
  );
  const won = tries.filter(({ status }) => status === "fulfilled");
  assert.equal(won.length, 1);
});

Deno.test("the lock of a dead process is taken over", async () => {
  await using dir = await folder();
  const pid = await deadProcess();
  for (
    const stale of [
      { pid, host: hostname(), began: "1" },
      // an id that was given to another process since: ours
      { pid: process.pid, host: hostname(), began: "1" },
      "",
      '{"pid": 1',
      "null",
    ]
  ) {
    await write(dir.path, stale);
    await using _lock = await lockRun(dir.path);
    const text = await readFile(join(dir.path, "run.lock"), "utf8");
    assert.equal(JSON.parse(text).pid, process.pid);
  }
});

Deno.test("the lock of another machine is left alone", async () => {
  await using dir = await folder();
  await write(dir.path, { pid: 1, host: "elsewhere", began: "" });
  await assert.rejects(lockRun(dir.path), /process 1 on elsewhere holds it$/);
});

async function deadProcess(): Promise<number> {
  const child = spawn("true");
  await new Promise((resolve) => child.on("close", resolve));
  return child.pid!;
}
