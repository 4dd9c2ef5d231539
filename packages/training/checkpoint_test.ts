import assert from "node:assert/strict";
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestTrainer } from "./_test_trainer.ts";
import {
  CheckpointError,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  type RunState,
  writeCheckpoint,
} from "./checkpoint.ts";

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "checkpoint-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function stateAt(step: number): RunState {
  return {
    step,
    updates: step,
    skipped: 0,
    skippedInRow: 0,
    cursor: { epoch: 1, position: 2, random: [1, 2, 3, 4] },
    fingerprint: {
      config: { "train.lr": 1 },
      dataset: "d",
      items: 3,
      model: "m",
    },
  };
}

async function write(dir: string, step: number, keep = 3) {
  const trainer = new TestTrainer();
  return await writeCheckpoint(dir, {
    state: stateAt(step),
    arrays: await trainer.read(),
    lora: { parameters: trainer.parameters, alpha: 2, training: { step } },
    keep,
  });
}

Deno.test("what is written is read, and nothing else is left", async () => {
  await using dir = await folder();
  const path = await write(dir.path, 500);
  assert.deepEqual(await readdir(dir.path), ["000000500"]);
  assert.deepEqual((await readdir(path)).sort(), [
    "complete.json",
    "ema.safetensors",
    "lora.safetensors",
    "optimizer.safetensors",
    "state.json",
  ]);
  const { state, arrays } = await readCheckpoint(path);
  assert.deepEqual(state, stateAt(500));
  assert.deepEqual(arrays, await new TestTrainer().read());
});

Deno.test("the newest are kept, and the same one can be written again", async () => {
  await using dir = await folder();
  for (const step of [9, 10, 11, 100, 100]) await write(dir.path, step, 2);
  assert.deepEqual(await listCheckpoints(dir.path), ["000000011", "000000100"]);
  assert.deepEqual((await readdir(dir.path)).sort(), [
    "000000011",
    "000000100",
  ]);
});

Deno.test("a checkpoint cut at any byte is refused, and passed over", async () => {
  await using dir = await folder();
  const good = await write(dir.path, 1);
  const bad = await write(dir.path, 2);
  const whole = join(dir.path, "whole");
  await cp(bad, whole, { recursive: true });
  let refused = 0;
  for (const name of await readdir(whole)) {
    const bytes = await readFile(join(whole, name));
    const step = Math.max(1, Math.floor(bytes.length / 23));
    for (let size = 0; size < bytes.length; size += step) {
      await truncate(join(bad, name), size);
      await assert.rejects(readCheckpoint(bad), CheckpointError);
      await writeFile(join(bad, name), bytes);
      refused++;
    }
  }
  assert(refused > 100);
  await truncate(join(bad, "lora.safetensors"), 70);
  const { checkpoint, notices } = await latestCheckpoint(dir.path);
  assert.equal(checkpoint?.path, good);
  assert.match(
    notices[0]!,
    /^Cannot read checkpoint ".*000000002" as it must be whole: lora\.safetensors has 70 of \d+ bytes; passed over$/,
  );
});

Deno.test("one altered byte is noticed", async () => {
  await using dir = await folder();
  const path = await write(dir.path, 1);
  const file = join(path, "optimizer.safetensors");
  const bytes = await readFile(file);
  bytes[bytes.length - 3]! ^= 1;
  await writeFile(file, bytes);
  await assert.rejects(
    readCheckpoint(path),
    /bytes, not those that were written$/,
  );
});

Deno.test("folders that are no checkpoints are passed over", async () => {
  await using dir = await folder();
  await mkdir(join(dir.path, "000000007"));
  await mkdir(join(dir.path, ".writing-000000008"));
  await writeFile(join(dir.path, "notes.txt"), "");
  const { checkpoint, notices } = await latestCheckpoint(dir.path);
  assert.equal(checkpoint, undefined);
  assert.equal(notices.length, 1);
  assert.match(notices[0]!, /it has no complete\.json; passed over$/);
  const none = await latestCheckpoint(join(dir.path, "none"));
  assert.deepEqual(none, { checkpoint: undefined, notices: [] });
});

Deno.test("a value that is not finite is never written", async () => {
  await using dir = await folder();
  const trainer = new TestTrainer();
  const arrays = await trainer.read();
  const { name } = trainer.parameters[0]!;
  for (const part of ["weights", "average", "moment1", "moment2"] as const) {
    for (const value of [NaN, Infinity]) {
      const values = (arrays[part] as Record<string, Float32Array>)[name]!;
      const before = values[5]!;
      values[5] = value;
      await assert.rejects(
        writeCheckpoint(dir.path, {
          state: stateAt(1),
          arrays,
          lora: { parameters: trainer.parameters, alpha: 2, training: {} },
          keep: 1,
        }),
        /must be finite.*: got (NaN|Infinity)/,
      );
      values[5] = before;
    }
  }
  assert.deepEqual(await readdir(dir.path), []);
});

Deno.test("a failed write leaves the last checkpoint intact", async () => {
  await using dir = await folder();
  await write(dir.path, 1);
  await writeFile(join(dir.path, ".writing-000000002"), ""); // removed first
  await mkdir(join(dir.path, ".removing-000000000")); // of a run that was killed
  await write(dir.path, 2);
  assert.deepEqual(await listCheckpoints(dir.path), await readdir(dir.path));
  // a file in the way of the folder
  await writeFile(join(dir.path, "blocked"), "");
  await assert.rejects(write(join(dir.path, "blocked"), 3));
  const { checkpoint } = await latestCheckpoint(dir.path);
  assert.equal(checkpoint?.state.step, 2);
});
