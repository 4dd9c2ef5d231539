import { hashFile, openFault, openOrdinary } from "@edit-transfer/files";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";

Deno.test("openOrdinary() opens a file, and a link to one", async () => {
  await using folder = await testFolder();
  await writeFile(folder.at("a"), "abc");
  await symlink(folder.at("a"), folder.at("b"));
  for (const name of ["a", "b"]) {
    await using handle = await openOrdinary(folder.at(name));
    assert.equal(await handle.readFile("utf8"), "abc");
  }
});

Deno.test("openOrdinary() opens nothing else", async () => {
  await using folder = await testFolder();
  const [pipe, socket, link] = ["pipe", "socket", "link"].map(folder.at);
  execFileSync("mkfifo", [pipe!]);
  const server = createServer();
  await new Promise<void>((done) => server.listen(socket, done));
  await symlink("/dev/zero", link!);
  await symlink(pipe!, folder.at("link_to_pipe"));
  const kinds: Record<string, string> = {
    [pipe!]: "it must be an ordinary file, and is a pipe",
    [folder.at("link_to_pipe")]: "it must be an ordinary file, and is a pipe",
    [socket!]: "it must be an ordinary file, and is a socket",
    [link!]: "it must be an ordinary file, and is a device",
    "/dev/null": "it must be an ordinary file, and is a device",
    [folder.at("")]: "it is a folder",
    [folder.at("absent")]: "there is no such file",
    [`${pipe}/a`]: "there is no such file",
  };
  for (const [path, fault] of Object.entries(kinds)) {
    for (const use of [openOrdinary, hashFile]) {
      await assert.rejects(use(path), (error) => {
        assert.equal(openFault(error), fault);
        return true;
      });
    }
  }
  await new Promise((done) => server.close(done));
});
