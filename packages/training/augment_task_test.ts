import type {
  PanelTransform,
  PreparedDataset,
  PreparedItem,
} from "@edit-transfer/dataset";
import assert from "node:assert/strict";
import { NONE } from "./_test_augment.ts";
import {
  augmentTask,
  type AugmentTaskOptions,
  itemsByCaption,
} from "./augment_task.ts";
import type { AugmentConfig } from "./train_config.ts";

/** Latents of one number a panel: ten times the item, plus the panel's place. */
const DATA = {
  items: ["wave", "jump", "wave"].map((caption) => ({
    caption,
    panel: { width: 8, height: 8 },
  })),
  latents: (index: number, transform?: PanelTransform) =>
    Promise.resolve({
      shape: [1, 2, 2],
      data: Float32Array.of(1, 2, 3, 4).map((x) =>
        x + 10 * index + (transform === undefined ? 0 : 0.5)
      ),
    }),
  text: (caption: string) => Promise.resolve(caption),
} as unknown as PreparedDataset;

async function panels(
  augment: Partial<AugmentConfig> | undefined,
  options: Partial<AugmentTaskOptions> = {},
) {
  const { latents, text } = await augmentTask(DATA, {
    index: 0,
    caption: "wave",
    drawSeed: 1,
    seed: 42,
    augment: augment && { ...NONE, ...augment },
    groups: itemsByCaption(DATA),
    ...options,
  });
  return [...latents.data, text as unknown as string];
}

Deno.test("without augmentation a composite is what it is", async () => {
  assert.deepEqual(await panels(undefined), [1, 2, 3, 4, "wave"]);
  assert.deepEqual(await panels({}), [1, 2, 3, 4, "wave"]);
});

Deno.test("rows are exchanged whole", async () => {
  const exchanged = await panels({ exchangeRows: 1 });
  assert.deepEqual(exchanged, [3, 4, 1, 2, "wave"]);
});

Deno.test("before and after are exchanged in both rows, without the caption", async () => {
  const exchanged = await panels({ exchangeRoles: 1 });
  assert.deepEqual(exchanged, [2, 1, 4, 3, ""]);
  const both = await panels({ exchangeRoles: 1, exchangeRows: 1 });
  assert.deepEqual(both, [4, 3, 2, 1, ""]);
});

Deno.test("the query's row is of a composite with the same caption", async () => {
  const seen = new Set<string>();
  for (let drawSeed = 0; drawSeed < 40; drawSeed++) {
    seen.add(String(await panels({ pairings: 1 }, { drawSeed })));
  }
  assert.deepEqual([...seen].sort(), ["1,2,23,24,wave", "1,2,3,4,wave"]);
  const alone = await panels({ pairings: 1 }, { index: 1, caption: "" });
  assert.deepEqual(alone, [11, 12, 13, 14, ""]);
});

Deno.test("rows of panels of another shape are never joined", () => {
  const [wave, , wide] = DATA.items as [
    PreparedItem,
    PreparedItem,
    PreparedItem,
  ];
  const panel = { width: 16, height: 8 };
  const groups = itemsByCaption({ items: [wave, { ...wide, panel }, wave] });
  assert.deepEqual([...groups.values()], [[0, 2], [1]]);
});

Deno.test("both rows go through one variant", async () => {
  const augment = { pairings: 1, mirror: 1 };
  for (let drawSeed = 0; drawSeed < 10; drawSeed++) {
    const values = await panels(augment, { drawSeed });
    assert.ok(values.slice(0, 4).every((x) => Number(x) % 1 === 0.5));
  }
});

Deno.test("a draw is the same each time, and seeds differ", async () => {
  const augment = { exchangeRows: 0.5 };
  const draws = Array.from({ length: 100 }, (_, drawSeed) => drawSeed);
  const first = await Promise.all(
    draws.map((drawSeed) => panels(augment, { drawSeed })),
  );
  const again = await Promise.all(
    draws.map((drawSeed) => panels(augment, { drawSeed })),
  );
  assert.deepEqual(again, first);
  const exchanged = first.filter(([panel]) => panel === 3).length;
  assert.ok(exchanged > 30 && exchanged < 70, String(exchanged));
});
