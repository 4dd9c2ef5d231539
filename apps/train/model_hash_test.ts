import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelHash } from "./model_hash.ts";

Deno.test("modelHash() depends on the parts that it is of, in folders and single files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hash-"));
  const both = async () => [
    await modelHash(folder, "latents"),
    await modelHash(folder, "text"),
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
    const file = await modelHash(join(folder, "ae.safetensors"), "text");
    assert.notEqual(file, edited[1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
