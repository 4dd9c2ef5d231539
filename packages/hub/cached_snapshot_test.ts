import { cachedSnapshot, HubError, pull } from "@edit-transfer/hub";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { COMMIT, testHub } from "./_test_hub_server.ts";

const REPO = { files: { "vae/a.bin": Uint8Array.of(1, 2) }, lfs: [] };

Deno.test("cachedSnapshot() finds what pull() has brought, without a hub", async () => {
  await using root = await testFolder();
  const cacheDir = root.at("cache");
  let pulled: string;
  {
    await using hub = await testHub(REPO);
    pulled = await pull("owner/model", {
      hubUrl: hub.url,
      cacheDir,
      token: null,
      env: {},
    });
  }
  for (const revision of [undefined, "main", COMMIT]) {
    const found = await cachedSnapshot("owner/model", { cacheDir, revision });
    assert.equal(found, pulled);
  }
  const env = { HF_HUB_CACHE: cacheDir };
  assert.equal(await cachedSnapshot("owner/model", { env }), pulled);
});

Deno.test("cachedSnapshot() names the command that brings what is not there", async () => {
  await using root = await testFolder();
  const cacheDir = root.at("cache");
  await assert.rejects(cachedSnapshot("owner/model", { cacheDir }), {
    name: "HubError",
    message:
      `Model not found: "owner/model" (main) in the cache "${cacheDir}"; ` +
      "edit-transfer pull owner/model brings it",
  });
  await assert.rejects(
    cachedSnapshot("owner/model", { cacheDir, revision: "v1" }),
    /; edit-transfer pull owner\/model --revision v1 brings it$/,
  );
});

Deno.test("cachedSnapshot() refuses links to nothing and refs that are no commit", async () => {
  await using root = await testFolder();
  const folder = root.at("models--owner--model");
  const snapshot = join(folder, "snapshots", COMMIT, "vae");
  await mkdir(snapshot, { recursive: true });
  await mkdir(join(folder, "refs"));
  await writeFile(join(folder, "refs", "main"), `${COMMIT}\n`);
  await symlink("../../../blobs/none", join(snapshot, "a.bin"));
  const find = () => cachedSnapshot("owner/model", { cacheDir: root.at("") });
  await assert.rejects(find(), (error: Error) => {
    assert.match(
      error.message,
      /^Cannot use owner\/model as "vae\/a.bin" must be a file: got a link to nothing in ".+"; edit-transfer pull owner\/model mends it$/,
    );
    return true;
  });
  await rm(snapshot, { recursive: true });
  await assert.rejects(find(), /^HubError: Model not found/);
  for (const ref of ["../../..", "", "\x1b[2J", COMMIT.slice(1)]) {
    await writeFile(join(folder, "refs", "main"), ref);
    await assert.rejects(find(), /^HubError: Model not found/);
  }
});

Deno.test("pull() asks the cache alone with HF_HUB_OFFLINE", async () => {
  await using root = await testFolder();
  await using hub = await testHub(REPO);
  const options = { hubUrl: hub.url, cacheDir: root.at("cache"), token: null };
  const env = { HF_HUB_OFFLINE: "1" };
  await assert.rejects(pull("owner/model", { ...options, env }), (error) => {
    assert.ok(error instanceof HubError);
    assert.match(
      error.message,
      /^Cannot pull owner\/model as HF_HUB_OFFLINE forbids to ask the hub: Model not found: .+$/,
    );
    return true;
  });
  assert.deepEqual(hub.requests, []);

  const pulled = await pull("owner/model", { ...options, env: {} });
  hub.requests.length = 0;
  assert.equal(await pull("owner/model", { ...options, env }), pulled);
  assert.deepEqual(hub.requests, []);
  const bytes = await readFile(join(pulled, "vae/a.bin"));
  assert.deepEqual([...bytes], [1, 2]);
});
