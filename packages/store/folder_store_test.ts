import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderStore } from "./folder_store.ts";

Deno.test("folderStore keeps what is there, whole, and nothing beside it", async () => {
  const root = await mkdtemp(join(tmpdir(), "store-"));
  const store = folderStore(root);
  assert.equal(await store.read("outputs/1/a.png"), undefined);
  await Promise.all(
    [1, 2, 3].map((n) => store.write("outputs/1/a.png", Uint8Array.of(n))),
  );
  const [first] = (await store.read("outputs/1/a.png"))!;
  await store.write("outputs/1/a.png", Uint8Array.of(9));
  assert.deepEqual([...(await store.read("outputs/1/a.png"))!], [first]);
  assert.equal(await store.has("outputs/1/a.png"), true);
  assert.deepEqual(await readdir(join(root, "outputs/1")), ["a.png"]);

  await mkdir(join(root, "folder"));
  await assert.rejects(store.read("folder"), /EISDIR/);
  await assert.rejects(store.read("../etc/passwd"), /Cannot use the key/);
  await assert.rejects(
    store.write("a/../../b", Uint8Array.of(1)),
    /Cannot use the key/,
  );
  await rm(root, { recursive: true });
});
