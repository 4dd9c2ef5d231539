import { blankImage, type Image } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { NONE } from "./_test_augment.ts";
import { panelVariant } from "./augment_panel.ts";
import type { AugmentConfig } from "./train_config.ts";

/** A panel whose red tells the column, green the row. */
function ramp(side = 10): Image {
  const data = new Uint8Array(3 * side * side);
  for (let i = 0; i < side * side; i++) {
    data.set([10 * (i % side), 10 * Math.floor(i / side), 128], 3 * i);
  }
  return { width: side, height: side, data };
}

function variantOf(augment: Partial<AugmentConfig>, number = 0) {
  return panelVariant(number, { augment: { ...NONE, ...augment }, seed: 42 });
}

Deno.test("without augmentation there is no variant", () => {
  assert.equal(variantOf({}), undefined);
});

Deno.test("mirroring exchanges left and right, twice nothing", async () => {
  const transform = variantOf({ mirror: 1 })!;
  const mirrored = await transform.apply(ramp());
  assert.deepEqual([...mirrored.data.subarray(0, 3)], [90, 0, 128]);
  assert.deepEqual((await transform.apply(mirrored)).data, ramp().data);
});

Deno.test("a crop keeps size and order, and one variant one place", async () => {
  const crop = { probability: 1, least: 0.5 };
  const { data, width } = await variantOf({ crop })!.apply(ramp(20));
  assert.equal(width, 20);
  assert.ok(data[0]! <= data[3 * 19]!);
  assert.deepEqual((await variantOf({ crop })!.apply(ramp(20))).data, data);
  const names = [0, 1, 2].map((number) => variantOf({ crop }, number)!.name);
  assert.equal(new Set(names).size, 3);
});

Deno.test("turned hues keep greys and brightness", async () => {
  const colours = { probability: 1, degrees: 180 };
  const transform = variantOf({ colours })!;
  const grey = blankImage(2, 2, [77, 77, 77]);
  assert.deepEqual((await transform.apply(grey)).data, grey.data);
  const { data } = await transform.apply(blankImage(1, 1, [110, 90, 100]));
  assert.notDeepEqual([...data], [110, 90, 100]);
  assert.ok(Math.abs(data[0]! + data[1]! + data[2]! - 300) <= 2);
});

Deno.test("a share of the variants is changed", () => {
  const changed = Array.from(
    { length: 400 },
    (_, number) => variantOf({ mirror: 0.25 }, number),
  ).filter((one) => one !== undefined).length;
  assert.ok(changed > 70 && changed < 130, String(changed));
});
