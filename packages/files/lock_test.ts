import { lock, LockError } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

const task = 'write "out"';

Deno.test("lock() refuses a second holder until the first ends, and leaves no file", async () => {
  await using folder = await testFolder();
  const path = folder.at("out.lock");
  {
    await using _lock = await lock(path, { task });
    await assert.rejects(lock(path, { task }), (error) => {
      assert(error instanceof LockError);
      assert.equal(
        error.message,
        `Cannot write "out" as one run at a time may write there: process ${process.pid} holds it`,
      );
      return true;
    });
  }
  assert.deepEqual(await readdir(folder.at(".")), []);
  await using _again = await lock(path, { task });
});

Deno.test("lock() lets one of many in", async () => {
  await using folder = await testFolder();
  const path = folder.at("out.lock");
  const tries = await Promise.allSettled(
    Array.from({ length: 12 }, () => lock(path, { task })),
  );
  const won = tries.filter((one) => one.status === "fulfilled");
  assert.equal(won.length, 1);
  await won[0]!.value[Symbol.asyncDispose]();
});

Deno.test("lock() lets those that wait in one after the other", async () => {
  await using folder = await testFolder();
  const path = folder.at("out.lock");
  const wait = new AbortController().signal;
  let inside = 0;
  let most = 0;
  await Promise.all(Array.from({ length: 12 }, async () => {
    await using _lock = await lock(path, { task, wait });
    most = Math.max(most, ++inside);
    await setTimeout(5);
    inside--;
  }));
  assert.equal(most, 1);
});

Deno.test("lock() stops waiting where its signal aborts", async () => {
  await using folder = await testFolder();
  const path = folder.at("out.lock");
  await using _lock = await lock(path, { task });
  const stop = new AbortController();
  const waiting = lock(path, { task, wait: stop.signal });
  stop.abort();
  await assert.rejects(waiting, { name: "AbortError" });
});

Deno.test("lock() is free once the process that held it is killed", async () => {
  await using folder = await testFolder();
  const path = folder.at("out.lock");
  const module = new URL("./lock.ts", import.meta.url).href;
  const script = `import { lock } from ${JSON.stringify(module)};
    const held = await lock(${JSON.stringify(path)}, { task: "wait" });
    console.log("held");
    setInterval(() => held, 1000);`;
  const child = spawn(Deno.execPath(), ["eval", "--no-check", script]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await assert.rejects(lock(path, { task }), {
    message: new RegExp(`process ${child.pid} holds it$`),
  });
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  await using _lock = await lock(path, { task });
  assert.equal(await readFile(path, "utf8"), `${process.pid}\n`);
});

Deno.test("lock() takes an old file over, whatever it holds", async () => {
  await using folder = await testFolder();
  const path = folder.at("out.lock");
  for (const text of ["", "99999999\n", "\0\0garbage"]) {
    await writeFile(path, text);
    await using _lock = await lock(path, { task });
  }
});

Deno.test("lock() says why its file cannot be written", async () => {
  await using folder = await testFolder();
  const absent = folder.at("absent");
  await assert.rejects(lock(`${absent}/a.lock`, { task }), {
    message: `Cannot write "out": there is no folder "${absent}"`,
  });
});

Deno.test({
  name: "lock() refuses a folder that cannot be written",
  ignore: process.getuid?.() === 0, // root writes anywhere
  fn: async () => {
    await using folder = await testFolder();
    await chmod(folder.at("."), 0o500);
    await assert.rejects(
      lock(folder.at("a.lock"), { task }),
      /^Error: Cannot write "out": the folder ".*" is not writable$/,
    );
  },
});

Deno.test("lock() leaves files alone that are no locks", async () => {
  await using folder = await testFolder();
  const path = folder.at("poetry.lock");
  await writeFile(path, "x".repeat(65));
  await assert.rejects(lock(path, { task }), {
    message:
      `Cannot write "out" as "${path}" must be free for its lock: got a file of 65 bytes`,
  });
  await symlink(path, folder.at("link.lock"));
  await assert.rejects(
    lock(folder.at("link.lock"), { task }),
    /must be free for its lock: got another thing$/,
  );
  assert.equal((await readFile(path, "utf8")).length, 65);
});
