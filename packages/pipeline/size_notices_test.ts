import assert from "node:assert/strict";
import { readModelSettings } from "./model_settings.ts";
import { sizeNotices } from "./size_notices.ts";

Deno.test("sizeNotices() tells sizes that a model was not made for", async () => {
  const settings = await readModelSettings("models/micro");
  assert.deepEqual(sizeNotices("panel", [64, 64], settings), []);
  assert.deepEqual(sizeNotices("panel", [80, 80], settings), [
    "The model was made for panels of 64 pixels a side, and draws poorly at 80 x 80",
  ]);
  assert.match(
    sizeNotices("panel", [80, 48], settings).join(),
    /at 80 x 48; fit "whole" or "crop" keeps panels square$/,
  );
  assert.deepEqual(sizeNotices("picture", [64, 128], settings), []);
  for (const size of [[48, 64], [128, 144]] as const) {
    assert.deepEqual(sizeNotices("picture", size, settings), [
      `The model was made for pictures of 64 to 128 pixels a side, and draws poorly at ${
        size.join(" x ")
      }`,
    ]);
  }
});

Deno.test("sizeNotices() is silent on models that name no sizes", () => {
  assert.deepEqual(sizeNotices("panel", [80, 80], {}), []);
});
