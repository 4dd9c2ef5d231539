import { hashText } from "@edit-transfer/files";
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cachedInput, inputKey } from "./cached_input.ts";

/** A store of texts by their hash, which counts what is read. */
function texts(...all: string[]) {
  const bytes = new Map(
    all.map((text) => [
      inputKey(of(text)),
      new TextEncoder().encode(text),
    ]),
  );
  const reads: string[] = [];
  return {
    bytes,
    reads,
    address: "a test",
    read(key: string) {
      reads.push(key);
      return Promise.resolve(bytes.get(key));
    },
  };
}

const of = (text: string) => ({ sha256: hashText(text), extension: ".txt" });

Deno.test("cachedInput reads a file once, and again when its copy is damaged", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cache-"));
  const store = texts("abc");
  const path = await cachedInput(of("abc"), { store, folder });
  assert.equal(await cachedInput(of("abc"), { store, folder }), path);
  assert.equal(store.reads.length, 1);
  await writeFile(path, "abd");
  await cachedInput(of("abc"), { store, folder });
  assert.equal(await readFile(path, "utf8"), "abc");
  assert.equal(store.reads.length, 2);
  await rm(folder, { recursive: true });
});

Deno.test("cachedInput takes no bytes but those of the hash", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cache-"));
  const store = texts();
  const absent = cachedInput(of("abc"), { store, folder });
  await assert.rejects(absent, /it must be there: got no such file/);
  store.bytes.set(inputKey(of("abc")), Uint8Array.of(1));
  const other = cachedInput(of("abc"), { store, folder });
  await assert.rejects(other, /its content must have its name: got sha256/);
  assert.deepEqual(await readdir(folder), []);
  await rm(folder, { recursive: true });
});

Deno.test("cachedInput keeps the files that were used last", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cache-"));
  const store = texts("a".repeat(40), "b".repeat(40), "c".repeat(40));
  const get = async (letter: string) => {
    await setTimeout(5); // file times differ
    const file = of(letter.repeat(40));
    await cachedInput(file, { store, folder, maxBytes: 100 });
  };
  for (const letter of "abac") await get(letter);
  const names = (await readdir(folder)).sort();
  const kept = ["a", "c"].map((l) => `${hashText(l.repeat(40))}.txt`).sort();
  assert.deepEqual(names, kept);
  await rm(folder, { recursive: true });
});

Deno.test("inputKey refuses what is no hash or ending", () => {
  const sha256 = "0f".repeat(32);
  for (
    const file of [
      { sha256: "../../etc/passwd", extension: "" },
      { sha256: sha256.toUpperCase(), extension: "" },
      { sha256, extension: "/../a" },
      { sha256, extension: ".p/ng" },
      { sha256, extension: "png" },
    ]
  ) assert.throws(() => inputKey(file), /named by its SHA-256/);
});
