import assert from "node:assert/strict";
import {
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EncodingCache } from "./encoding_cache.ts";

const VALUES = Float32Array.of(1, -0.1, 3e-5, 4);
const KEY = { content: "c", transform: "centre 8", model: "m", mode: "panel" };

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "cache-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function encode(data = VALUES) {
  return () => Promise.resolve({ latents: { shape: [2, 2], data } });
}

const never = () => Promise.reject(new Error("Unused"));

Deno.test("an encoding is made once, also across runs", async () => {
  await using dir = await folder();
  const made = await new EncodingCache(dir.path).get(KEY, encode());
  assert.deepEqual(made.latents?.data, VALUES);
  const again = await new EncodingCache(dir.path).get(KEY, never);
  assert.deepEqual(again, made);
  assert.equal((await readdir(dir.path)).length, 1);
});

Deno.test("whatever it depends on changes the file", async () => {
  await using dir = await folder();
  await new EncodingCache(dir.path).get(KEY, encode());
  for (const name of Object.keys(KEY)) {
    const cache = new EncodingCache(dir.path);
    await cache.get({ ...KEY, [name]: "other" }, encode());
    assert.equal(cache.counts.encoded, 1, name);
  }
  const narrow = new EncodingCache(dir.path, { dtype: "BF16" });
  const rounded = await narrow.get(KEY, encode());
  assert.notDeepEqual(rounded.latents?.data, VALUES);
  // what is made and what is read later are the same numbers
  assert.deepEqual(await narrow.get(KEY, never), rounded);
});

Deno.test("a file cut at any byte or altered is replaced", async () => {
  await using dir = await folder();
  const cache = new EncodingCache(dir.path);
  await cache.get(KEY, encode());
  const path = join(dir.path, (await readdir(dir.path))[0]!);
  const whole = await readFile(path);
  for (let size = 0; size < whole.length; size += 7) {
    await truncate(path, size);
    await cache.get(KEY, encode());
    assert.deepEqual(await readFile(path), whole);
  }
  for (const at of [whole.length - 1, whole.length - 9]) {
    const altered = Uint8Array.from(whole);
    altered[at]! ^= 1;
    await writeFile(path, altered);
    await cache.get(KEY, encode());
    assert.deepEqual(await readFile(path), whole);
  }
  assert.equal(cache.counts.replaced, cache.counts.encoded - 1);
  assert.equal(cache.counts.read, 0);
});

Deno.test("values that are not finite never reach a file", async () => {
  await using dir = await folder();
  await assert.rejects(
    new EncodingCache(dir.path).get(KEY, encode(Float32Array.of(1, 2, NaN, 3))),
    {
      message:
        'Cannot cache encoding "latents" as its values must be finite: got NaN at 2 of 4',
    },
  );
  assert.deepEqual(await readdir(dir.path), []);
});
