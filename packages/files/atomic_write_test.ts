import { atomicWrite } from "@edit-transfer/files";
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { testFolder } from "@edit-transfer/testing";

Deno.test("atomicWrite() replaces a file and leaves nothing beside it", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.bin");
  await atomicWrite(path, Uint8Array.of(1));
  await atomicWrite(path, [Uint8Array.of(2), Uint8Array.of(3, 4)]);

  assert.deepEqual([...await readFile(path)], [2, 3, 4]);
  assert.deepEqual(await readdir(dirname(path)), ["a.bin"]);
});

Deno.test("atomicWrite() keeps the old file when writing fails", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.bin");
  await atomicWrite(path, Uint8Array.of(1));
  function* parts() {
    yield Uint8Array.of(9);
    throw new RangeError("Cannot go on");
  }

  await assert.rejects(atomicWrite(path, parts()), /^RangeError: Cannot go on/);
  assert.deepEqual([...await readFile(path)], [1]);
  assert.deepEqual(await readdir(dirname(path)), ["a.bin"]);
});

Deno.test("atomicWrite() says what is wrong with the place", async () => {
  await using folder = await testFolder();
  const absent = folder.at("absent");
  await assert.rejects(atomicWrite(`${absent}/a.bin`, new Uint8Array()), {
    message: `Cannot write "${absent}/a.bin": there is no folder "${absent}"`,
  });
  await mkdir(folder.at("taken"));
  await assert.rejects(
    atomicWrite(folder.at("taken"), new Uint8Array()),
    /it is a folder/,
  );
  assert.deepEqual(await readdir(dirname(absent)), ["taken"]);
});

Deno.test("atomicWrite() replaces a link to a file, and not what it leads to", async () => {
  await using folder = await testFolder();
  await writeFile(folder.at("a"), "old");
  await symlink(folder.at("a"), folder.at("b"));
  await atomicWrite(folder.at("b"), Uint8Array.of(9));
  assert.equal(await readFile(folder.at("a"), "utf8"), "old");
  assert.deepEqual([...await readFile(folder.at("b"))], [9]);
});

Deno.test("atomicWrite() leaves devices, pipes, sockets and links to them alone", async () => {
  await using folder = await testFolder();
  const names = ["pipe", "socket", "link", "link_to_pipe"];
  const [pipe, socket, link, pipeLink] = names.map(folder.at) as [
    string,
    string,
    string,
    string,
  ];
  execFileSync("mkfifo", [pipe]);
  const server = createServer();
  await new Promise<void>((done) => server.listen(socket, done));
  await symlink("/dev/null", link);
  await symlink(pipe, pipeLink);
  const kinds = { [pipe]: "pipe", [socket]: "socket", [pipeLink]: "pipe" };
  for (
    const [path, kind] of Object.entries({
      ...kinds,
      [link]: "device",
      "/dev/null": "device",
    })
  ) {
    const { ino } = await lstat(path);
    await assert.rejects(atomicWrite(path, Uint8Array.of(1)), {
      message:
        `Cannot write "${path}": it must be an ordinary file, and is a ${kind}`,
    });
    assert.equal((await lstat(path)).ino, ino);
  }
  await new Promise((done) => server.close(done));
  const left = ["link", "link_to_pipe", "pipe"]; // its server takes the socket away
  assert.deepEqual((await readdir(folder.at("."))).sort(), left);
});

Deno.test("atomicWrite() uses up what a killed process has left", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.bin");
  const module = new URL("./atomic_write.ts", import.meta.url).href;
  const script = `import { atomicWrite } from ${JSON.stringify(module)};
    await atomicWrite(${JSON.stringify(path)}, (async function* () {
      yield new Uint8Array(1000);
      console.log("begun");
      await new Promise((done) => setTimeout(done, 60_000));
    })());`;
  const child = spawn(Deno.execPath(), ["eval", "--no-check", script]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await atomicWrite(path, Uint8Array.of(1)); // beside the one that is at work
  assert.equal((await readdir(folder.at("."))).length, 2);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  assert.equal((await readdir(folder.at("."))).length, 2);
  await atomicWrite(path, Uint8Array.of(2));
  assert.deepEqual(await readdir(folder.at(".")), ["a.bin"]);
  assert.deepEqual([...await readFile(path)], [2]);
});

Deno.test("atomicWrite() is whole where many write one file at once", async () => {
  await using folder = await testFolder();
  const path = folder.at("a.bin");
  await Promise.all(
    Array.from(
      { length: 12 },
      (_, i) => atomicWrite(path, new Uint8Array(70_000).fill(i)),
    ),
  );
  const found = await readFile(path);
  assert.equal(found.length, 70_000);
  assert.ok(found.every((byte) => byte === found[0]));
  assert.deepEqual(await readdir(folder.at(".")), ["a.bin"]);
});
