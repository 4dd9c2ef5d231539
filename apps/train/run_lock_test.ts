import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { lockRun } from "./run_lock.ts";

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "lock-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

Deno.test("a second run is refused until the first ends", async () => {
  await using dir = await folder();
  {
    await using _lock = await lockRun(dir.path);
    await assert.rejects(lockRun(dir.path), {
      message:
        `Cannot train in "${dir.path}" as one run at a time may write there: process ${process.pid} holds it`,
    });
  }
  await using _again = await lockRun(dir.path);
});

Deno.test("of many runs at once, one gets the folder", async () => {
  await using dir = await folder();
  const tries = await Promise.allSettled(
    Array.from({ length: 12 }, () => lockRun(dir.path)),
  );
  const won = tries.filter((one) => one.status === "fulfilled");
  assert.equal(won.length, 1);
  await won[0]!.value[Symbol.asyncDispose]();
});

Deno.test("a folder held by another process is free once that is killed", async () => {
  await using dir = await folder();
  const lock = new URL("./run_lock.ts", import.meta.url).href;
  const script = `import { lockRun } from ${JSON.stringify(lock)};
    const held = await lockRun(${JSON.stringify(dir.path)});
    console.log("held");
    setInterval(() => held, 1000);`;
  const child = spawn(Deno.execPath(), ["eval", "--no-check", script]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await assert.rejects(lockRun(dir.path), {
    message: new RegExp(`process ${child.pid} holds it$`),
  });
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  await using _lock = await lockRun(dir.path);
  assert.equal(
    await readFile(join(dir.path, "run.lock"), "utf8"),
    `${process.pid}\n`,
  );
});

Deno.test("whatever an old lock file holds, it is taken over", async () => {
  await using dir = await folder();
  for (const text of ["", "99999999\n", "\0\0garbage"]) {
    await writeFile(join(dir.path, "run.lock"), text);
    await using _lock = await lockRun(dir.path);
  }
});

Deno.test({
  name: "a folder that cannot be written is refused",
  ignore: process.getuid?.() === 0, // root writes anywhere
  fn: async () => {
    await using dir = await folder();
    await chmod(dir.path, 0o500);
    await assert.rejects(
      lockRun(dir.path),
      /must be a folder that can be written/,
    );
  },
});

Deno.test("a file in place of the folder is refused", async () => {
  await using dir = await folder();
  const file = join(dir.path, "file");
  await writeFile(file, "");
  await assert.rejects(lockRun(file), /must be a folder that can be written: /);
});
