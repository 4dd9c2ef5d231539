import { quadLayout } from "@edit-transfer/composite";
import type { Image } from "@edit-transfer/image";
import type { EncodedEdit } from "@edit-transfer/pipeline";
import assert from "node:assert/strict";
import { lockResult } from "./lock_result.ts";

/** Stripes that begin `x` pixels to the right. */
function stripes(x: number): Image {
  const data = new Uint8Array(32 * 32 * 3);
  for (let i = 0; i < 32 * 32; i++) {
    const phase = (i % 32 - x) / 3 + Math.sin(Math.floor(i / 32) / 2);
    data.fill(128 + 90 * Math.sin(phase), 3 * i, 3 * i + 3);
  }
  return { width: 32, height: 32, data };
}

for (
  const [name, shift, moves, says] of [
    ["an output that lies still", 0, 0, 0],
    ["an output that moved", 2, 0, 1],
    ["an output that moved as the example does", 2, 3, 0],
  ] as const
) {
  Deno.test(`lockResult() has ${says} words on ${name}`, async () => {
    const layout = quadLayout([1, 4, 4]);
    const latents = new Float32Array(16);
    const query = stripes(0);
    const result = await lockResult({
      latents: [latents, latents, latents],
      layout,
      comparison: () =>
        Promise.resolve({ query, seen: query, example: { x: moves, y: 0 } }),
    } as unknown as EncodedEdit, { panel: stripes(shift), latents });
    assert.ok(Math.abs(result.shift.x - shift) < 0.2, `${result.shift.x}`);
    assert.deepEqual(result.locked.image, query); // latents are those of the query
    assert.equal(result.notices.length, says);
    for (const notice of result.notices) {
      assert.match(
        notice,
        /^The output lies \((1\.[89]|2\.[012]), -?0\.\d\) pixels from the query, though the example does not move/,
      );
    }
  });
}
