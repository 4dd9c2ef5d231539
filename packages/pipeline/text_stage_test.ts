import { loadPipeline } from "@edit-transfer/pipeline";
import { openDevice } from "@edit-transfer/tensor";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));

Deno.test("prompts that are asked for at once are encoded one by one", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  await using pipeline = await loadPipeline(MICRO, { device });
  const prompts = ["red hair", "blue hair", "red hair"];
  const texts = await Promise.all(
    prompts.map((prompt) => pipeline.encodeText(prompt)),
  );
  const [first, other, again] = await Promise.all(
    texts.map(({ states }) => states.data()),
  );
  assert.deepEqual(again, first);
  assert.notDeepEqual(other, first);
  for (const text of texts) text[Symbol.dispose]();
  assert.equal(device.memory.tensors, 0);
});
