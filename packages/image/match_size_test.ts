import { matchSize } from "@edit-transfer/image";
import assert from "node:assert/strict";

const of = (width: number, height: number, side = 512) => {
  const size = matchSize({ width, height }, { side, multiple: 16 });
  return [size.width, size.height];
};

Deno.test("matchSize() keeps the ratio and the area, in whole multiples", () => {
  assert.deepEqual(of(1, 1), [512, 512]);
  assert.deepEqual(of(3000, 2000), [624, 416]);
  assert.deepEqual(of(1080, 1920), [384, 688]);
  assert.deepEqual(of(100, 300), [288, 880]);
  assert.deepEqual(of(96, 64, 64), [80, 48]);
  for (let i = 0; i < 200; i++) {
    const ratio = Math.exp((i - 100) / 60); // 0.19 to 5.3
    const [width, height] = of(1000 * ratio, 1000) as [number, number];
    assert.ok(width % 16 === 0 && height % 16 === 0);
    const error = Math.log(width / height / ratio);
    assert.ok(Math.abs(error) <= 8 / width + 8 / height + 0.01, `${ratio}`);
    assert.ok(Math.abs(Math.log(width * height / 512 ** 2)) < 0.08, `${ratio}`);
  }
});

Deno.test("matchSize() of a square is a square of that side", () => {
  for (const side of [16, 64, 512]) {
    assert.deepEqual(of(7, 7, side), [side, side]);
  }
});

Deno.test("matchSize() refuses a picture that is too long", () => {
  assert.throws(() => of(1, 5000), {
    name: "RangeError",
    message:
      "Cannot match panels of 512 x 512 pixels to a picture as their sides must be from 16 to 4096: " +
      "got 0 x 36208 for 1 x 5000; crop or pad it",
  });
  assert.throws(() => of(5000, 10), /got 11456 x 16 for 5000 x 10/);
});
