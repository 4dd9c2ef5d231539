import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelHash } from "./model_hash.ts";

/** Calls `body` with a folder that has these files. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hash-"));
  try {
    await mkdir(join(folder, "vae"));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text);
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("modelHash() of a diffusers folder leaves out what lies beside it", async () => {
  await withFiles({
    "model_index.json": "{}",
    "vae/config.json": "{}",
  }, async (folder) => {
    const hash = await modelHash(folder);
    await writeFile(join(folder, "flux1-dev.safetensors"), "x");
    assert.equal(await modelHash(folder), hash);
    await writeFile(join(folder, "vae/config.json"), "[]");
    assert.notEqual(await modelHash(folder), hash);
  });
});

Deno.test("modelHash() of single files depends on each, and on the one named", async () => {
  await withFiles({ "a.safetensors": "a", "b.gguf": "b" }, async (folder) => {
    const hash = await modelHash(folder);
    const named = await modelHash(join(folder, "a.safetensors"));
    assert.notEqual(named, hash);
    await writeFile(join(folder, "b.gguf"), "c");
    assert.notEqual(await modelHash(folder), hash);
    await writeFile(join(folder, "readme.md"), "c");
    await writeFile(join(folder, "b.gguf"), "b");
    assert.equal(await modelHash(folder), hash);
  });
});

Deno.test("modelHash() depends on the parts that it is of, in folders and single files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hash-"));
  const both = async () => [
    await modelHash(folder, { parts: "latents" }),
    await modelHash(folder, { parts: "text" }),
  ];
  try {
    await mkdir(join(folder, "vae"));
    await writeFile(join(folder, "model_index.json"), "{}");
    await writeFile(join(folder, "vae", "config.json"), "{}");
    const [latents, text] = await both();
    await writeFile(join(folder, "vae", "config.json"), "[]");
    await writeFile(join(folder, "ae.safetensors"), "a");
    const [changed, same] = await both();
    assert.notEqual(changed, latents);
    assert.equal(same, text);

    await rm(join(folder, "model_index.json"));
    const single = await both();
    await writeFile(join(folder, "ae.safetensors"), "b");
    const edited = await both();
    assert.notEqual(edited[0], single[0]);
    assert.notEqual(edited[1], single[1]);
    const file = await modelHash(join(folder, "ae.safetensors"), {
      parts: "text",
    });
    assert.notEqual(file, edited[1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
