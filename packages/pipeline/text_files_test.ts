import { loadPipeline, openModelFolder } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { openSafetensors, writeSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { encoderIdentity } from "./encoder_identity.ts";
import type { TextEntry } from "./text_cache.ts";
import { TextFiles } from "./text_files.ts";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));
const PROMPT = "a person with red hair";
const KEY = { prompt: PROMPT, loras: "" };

/** Calls `body` with a new folder, which is deleted afterwards. */
async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "text-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Some entry. */
function entryOf(value: number): TextEntry {
  return {
    pooled: { shape: [1, 2], values: Float32Array.of(value, 2) },
    states: { shape: [1, 1, 3], values: Float32Array.of(3, 4, 5) },
    notices: ["The prompt was cut"],
  };
}

/** Flips a bit in a row that is none of those that count, and puts the time back. */
async function changeSecondRow(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const bytes = await readFile(path);
  await using file = await openSafetensors(path);
  const name = [...file.names()].find((n) => n.includes("wo.weight"))!;
  const [rows] = file.info(name).shape as [number];
  const data = await file.read(name);
  const at = bytes.indexOf(data) + data.length / rows + 1;
  bytes[at] = bytes[at]! ^ 0x01;
  await delay(1000); // Deno tells the time of a change in whole seconds
  await writeFile(path, bytes);
  await utimes(path, atime, mtime);
}

/** States of a prompt by a new pipeline, and the parts that it loaded for it. */
async function encode(
  model: string,
  { folder, leastBytes = 0, prompt = PROMPT }: {
    readonly folder: string;
    readonly leastBytes?: number | undefined;
    readonly prompt?: string;
  },
) {
  using device = await openDevice("cpu", { threads: 1 });
  const loaded: string[] = [];
  await using pipeline = await loadPipeline(model, {
    device,
    textCache: { folder, ...leastBytes < 0 ? {} : { leastBytes } },
    onPart: (part, state) => {
      if (state === "loaded") loaded.push(part);
    },
  });
  using text = await pipeline.encodeText(prompt);
  return {
    loaded: loaded.length > 0,
    pooled: await text.pooled.data(),
    states: await text.states.data(),
    shape: text.states.shape,
    notices: text.notices,
  };
}

Deno.test("a caption that was encoded once is read, to the same bytes", async () => {
  await inFolder(async (parent) => {
    const folder = join(parent, "a", "text");
    const first = await encode(MICRO, { folder });
    assert.ok(first.loaded);
    const again = await encode(MICRO, { folder });
    assert.deepEqual(again, { ...first, loaded: false });
    const other = await encode(MICRO, { folder, prompt: `${PROMPT}.` });
    assert.ok(other.loaded);
    assert.notDeepEqual(other.states, first.states);
    const long = "many words ".repeat(200);
    const cut = await encode(MICRO, { folder, prompt: long });
    assert.equal(cut.notices.length, 1);
    assert.match(cut.notices[0]!, /tokens for CLIP and to .* tokens for T5$/);
    const cutAgain = await encode(MICRO, { folder, prompt: long });
    assert.deepEqual(cutAgain, { ...cut, loaded: false });
    assert.equal((await readdir(folder)).length, 3);
  });
});

Deno.test("small text encoders are loaded again, and nothing is kept", async () => {
  await inFolder(async (folder) => {
    for (let turn = 0; turn < 2; turn++) {
      assert.ok((await encode(MICRO, { folder, leastBytes: -1 })).loaded);
    }
    assert.deepEqual(await readdir(folder), []);
  });
});

Deno.test("text states are not used for other encoders, configs or tokenisers", async () => {
  await inFolder(async (parent) => {
    const folder = join(parent, "text");
    const model = join(parent, "model");
    await cp(MICRO, model, { recursive: true });
    const first = await encode(model, { folder });

    const path = join(model, "text_encoder_2", "model.safetensors");
    await changeSecondRow(path);
    const fine = await encode(model, { folder });
    assert.ok(fine.loaded);
    assert.notDeepEqual(fine.states, first.states);
    assert.ok(!(await encode(model, { folder })).loaded);

    // the same in shards
    await using file = await openSafetensors(path);
    const shard = "model-00001-of-00001.safetensors";
    const weight_map = Object.fromEntries(
      [...file.names()].map((name) => [name, shard]),
    );
    await rename(path, join(dirname(path), shard));
    await writeFile(`${path}.index.json`, JSON.stringify({ weight_map }));
    assert.deepEqual((await encode(model, { folder })).states, fine.states);
    assert.ok(!(await encode(model, { folder })).loaded);
    await changeSecondRow(join(dirname(path), shard));
    assert.deepEqual((await encode(model, { folder })).states, first.states);

    const tokens = join(model, "tokenizer_2", "tokenizer_config.json");
    const config = JSON.parse(await readFile(tokens, "utf8"));
    await writeFile(tokens, JSON.stringify({ ...config, model_max_length: 9 }));
    const short = await encode(model, { folder });
    assert.ok(short.loaded);
    assert.equal(short.shape[1], 9);
  });
});

Deno.test("TextFiles takes damaged files as absent, and writes them anew", async () => {
  await inFolder(async (folder) => {
    const files = new TextFiles(folder, "one");
    assert.equal(await files.read(KEY), undefined);
    await files.write(KEY, entryOf(1));
    assert.deepEqual(await files.read(KEY), entryOf(1));
    assert.equal(await new TextFiles(folder, "two").read(KEY), undefined);
    assert.equal(await files.read({ ...KEY, prompt: "another" }), undefined);
    assert.equal(await files.read({ ...KEY, loras: "0123" }), undefined);

    const [name] = await readdir(folder);
    const path = join(folder, name!);
    const whole = await readFile(path);
    const flipped = Buffer.from(whole);
    flipped[whole.length - 2] = flipped[whole.length - 2]! ^ 0x10;
    for (
      const bytes of [
        whole.subarray(0, whole.length - 1),
        flipped,
        Buffer.from(""),
        Buffer.from("<html>"),
      ]
    ) {
      await writeFile(path, bytes);
      assert.equal(await files.read(KEY), undefined);
      await files.write(KEY, entryOf(1));
      assert.deepEqual(await readFile(path), whole);
    }
    // whole, but of another encoder, prompt or type
    await using file = await openSafetensors(path);
    const { metadata } = file;
    const one = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
    for (const change of [{ encoder: "x" }, { prompt: "x" }, {}]) {
      await writeSafetensors(path, { pooled: one, states: one }, {
        metadata: { ...metadata, ...change },
      });
      assert.equal(await files.read(KEY), undefined);
    }
  });
});

Deno.test("TextFiles keeps the 32 prompts that were used last", async () => {
  await inFolder(async (folder) => {
    const files = new TextFiles(folder, "one");
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (let i = 0; i < 32; i++) {
      await files.write({ ...KEY, prompt: `${i}` }, entryOf(i));
    }
    for (const name of await readdir(folder)) {
      await utimes(join(folder, name), old, old);
    }
    const leftover = join(folder, `.${crypto.randomUUID()}.tmp`);
    await writeFile(leftover, "x");
    await utimes(leftover, old, old);
    await writeFile(join(folder, "mine.txt"), "x");
    assert.deepEqual(await files.read({ ...KEY, prompt: "5" }), entryOf(5)); // used just now
    await files.write({ ...KEY, prompt: "32" }, entryOf(32));
    const names = await readdir(folder);
    assert.equal(names.length, 33);
    assert.ok(names.includes("mine.txt"));
    assert.deepEqual(await files.read({ ...KEY, prompt: "5" }), entryOf(5));
    assert.deepEqual(await files.read({ ...KEY, prompt: "32" }), entryOf(32));
  });
});

Deno.test("TextFiles keeps nothing where it cannot write", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "file");
    await writeFile(path, "x");
    const files = new TextFiles(join(path, "text"), "one");
    await files.write(KEY, entryOf(1));
    assert.equal(await files.read(KEY), undefined);
    assert.equal(await readFile(path, "utf8"), "x");
  });
});

Deno.test("encoderIdentity() is another for another precision of the device", async () => {
  await using folder = await openModelFolder(MICRO);
  const [kind, name] = ["webgpu", "webgpu (a card)"] as const;
  const identities = new Set<string>();
  for (const precision of ["f32", "f16", undefined] as const) {
    identities.add(
      await encoderIdentity(folder, {
        kind,
        name,
        ...precision && { precision },
      }),
    );
  }
  assert.equal(identities.size, 2);
});
