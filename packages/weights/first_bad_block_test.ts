import {
  BLOCKS,
  dequantize,
  firstBadBlock,
  type QuantizedTypeName,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";

Deno.test("firstBadBlock() finds NaN and scales that overflow in 8-bit floats", () => {
  const type = "F8_E4M3_SCALED";
  const blocks = new Uint8Array(3 * 68).fill(0x7e); // 448
  const view = new DataView(blocks.buffer);
  for (const at of [0, 68, 136]) view.setFloat32(at, 1e35, true);
  assert.equal(firstBadBlock(blocks, type), -1);
  for (const nan of [0x7f, 0xff]) {
    const bad = blocks.slice();
    bad[136 + 67] = nan;
    assert.equal(firstBadBlock(bad, type), 136);
    assert.equal(firstBadBlock(bad.subarray(68), type), 68);
  }
  for (const scale of [NaN, Infinity, -Infinity, 1e36]) {
    const bad = blocks.slice();
    new DataView(bad.buffer).setFloat32(68, scale, true);
    assert.equal(firstBadBlock(bad, type), 68);
  }
});

for (const type of Object.keys(BLOCKS) as QuantizedTypeName[]) {
  Deno.test(`firstBadBlock() of ${type} is the first that has values which are not finite`, () => {
    const { blockBytes, blockElements, scales } = BLOCKS[type];
    const places = type === "NF4" || type === "F8_E4M3_SCALED"
      ? [2, 3]
      : type === "MXFP4"
      ? [0]
      : scales.map((place) => place + 1);
    for (const place of places) {
      for (let byte = 0; byte < 256; byte++) {
        const blocks = new Uint8Array(3 * blockBytes).fill(0x77);
        for (const first of scales) {
          for (let k = 0; k < 3; k++) blocks[k * blockBytes + first + 1] = 0x3c;
        }
        for (let k = 0; k < 3; k++) {
          if (type === "NF4" || type === "F8_E4M3_SCALED") {
            blocks.set([0xff, 0xff, 0x7f, 0x3f], k * blockBytes);
          }
        }
        if (type === "NF4" || type === "F8_E4M3_SCALED") {
          blocks.set([0, 0, 0x80, 0x7f], blockBytes);
        }
        blocks[blockBytes + place] = byte;
        const bad = dequantize(blocks, type)
          .findIndex((value) => !Number.isFinite(value));
        const found = firstBadBlock(blocks, type);
        if (bad === -1) {
          // scales that cannot be used may still give finite values
          assert.ok(found === -1 || found === blockBytes);
        } else {
          assert.equal(Math.floor(bad / blockElements), 1);
          assert.equal(found, blockBytes, `${place} ${byte}`);
        }
      }
    }
  });
}
