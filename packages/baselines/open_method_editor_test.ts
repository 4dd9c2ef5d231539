import { drawCases } from "@edit-transfer/evaluate";
import { fitPicture } from "@edit-transfer/image";
import { openDevice } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { openMethodEditor } from "./open_method_editor.ts";

Deno.test("a method edits cases of any ratio, and can go without words", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  await using editor = await openMethodEditor("sdedit", "models/micro", {
    device,
    options: { steps: 2 },
  });
  assert.equal(editor.options.steps, 2);
  assert.equal(editor.options.strength, 0.6);
  const [one] = await drawCases({ split: "test", seed: 1, count: 1 });
  const told = await editor.edit(one!, { seed: 0 });
  assert.equal(told.width, 64);
  const silent = await editor.edit(one!, { seed: 0, words: false });
  assert.notDeepEqual(silent.data, told.data);
  const query = await fitPicture(
    one!.query,
    { width: 50, height: 30 },
    "crop",
  );
  const { width, height } = await editor.edit({ ...one!, query }, { seed: 0 });
  assert.deepEqual([width, height], [50, 30]);
});
