import assert from "node:assert/strict";
import { drawInstance } from "./instance.ts";
import { render, renderSheet } from "./render.ts";

function statesOf(count: number) {
  return Array.from(
    { length: count },
    (_, index) =>
      drawInstance({ split: "train", seed: 5, index, identities: 1 }).pairs[0]!
        .edited,
  );
}

for (const size of [32, 64, 512]) {
  Deno.test(`a sheet at ${size} pixels holds what single renderings hold`, async () => {
    const states = statesOf(size === 512 ? 5 : 24);
    const panels = await renderSheet(states, { size });
    const bytes = size * size * 3;
    assert.equal(panels.length, states.length * bytes);
    for (const [i, state] of states.entries()) {
      const single = await render(state, { size });
      const off = single.map((level, k) =>
        Math.abs(level - panels[i * bytes + k]!)
      );
      // Coordinates are rounded to 1/256 pixel, so coverage of an edge moves by
      // a few 1/256 of the 255 levels where a cell lies elsewhere.
      const most = off.reduce((a, b) => Math.max(a, b), 0);
      assert(most <= 2, `panel ${i} is off by ${most} levels`);
    }
  });
}

Deno.test("more states than one drawing holds are drawn in several", async () => {
  const [state] = statesOf(1) as [Parameters<typeof render>[0]];
  const count = 4;
  const size = 700; // one cell a drawing
  const panels = await renderSheet(Array.from({ length: count }, () => state), {
    size,
  });
  const bytes = size * size * 3;
  assert.deepEqual(
    panels.subarray(0, bytes),
    panels.subarray((count - 1) * bytes),
  );
});

Deno.test("no states give no panels", async () => {
  assert.equal((await renderSheet([])).length, 0);
});

Deno.test("a size out of range is refused", async () => {
  const [state] = statesOf(1) as [Parameters<typeof render>[0]];
  await assert.rejects(render(state, { size: 0 }), {
    name: "RangeError",
    message:
      "Cannot render figures as the size must be an integer from 8 to 4096 pixels: got 0",
  });
  await assert.rejects(renderSheet([state], { size: 64.5 }), RangeError);
});

Deno.test("renderSheet() shows more of the scene where a picture is no square", async () => {
  const { query } = drawInstance({
    split: "test",
    seed: 3,
    index: 1,
  }).pairs.map(({ source }) => ({ query: source }))[0]!;
  const square = await renderSheet([query], { size: 64 });
  for (const [width, height] of [[96, 64], [64, 112]] as const) {
    const size = { width, height };
    const [sheet, alone] = [
      await renderSheet([query, query], { size }),
      await render(query, { size }),
    ];
    assert.equal(sheet.length, 2 * height * width * 3);
    const [left, top] = [(width - 64) / 2, (height - 64) / 2];
    let differing = 0;
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 64 * 3; x++) {
        const level = alone[((y + top) * width + left) * 3 + x]!;
        if (Math.abs(level - square[y * 64 * 3 + x]!) > 2) differing++;
      }
    }
    assert.equal(differing, 0);
  }
  await assert.rejects(render(query, { size: { width: 64, height: 200 } }), {
    message:
      "Cannot render figures as one side must be at most 3 times the other: got 64 x 200",
  });
});
