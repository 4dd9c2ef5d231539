import {
  add,
  affine,
  cast,
  concat,
  type Device,
  gather,
  linear,
  matmul,
  scope,
  slice,
  Tensor,
} from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { gpuTest } from "./_test_device.ts";

const ROWS = 40_000;
const C = 1000;
const PART = 10_000; // rows

/** `[40000, 1000]`, 160 MB, of four times the same rows with other signs. */
function large(device: Device, values: Float32Array): Tensor {
  return scope(() => {
    const part = Tensor.from(device, values, { shape: [PART, C] });
    return concat([part, affine(part, -1, 0), affine(part, 2, 0), part], 0);
  });
}

const FACTORS = [1, -1, 2, 1];

/** Checks some rows of a `[40000, C']` tensor on the host. */
async function checkRows(
  x: Tensor,
  expected: (row: number) => ArrayLike<number>,
): Promise<void> {
  for (const row of [0, 1, 9999, 10_000, 25_001, 33_553, 33_554, 39_999]) {
    using one = slice(x, 0, { start: row, end: row + 1 });
    const actual = await one.data();
    const wanted = expected(row);
    for (
      const c of [0, 1, 2, 3, Math.floor(actual.length / 2), actual.length - 1]
    ) {
      assert.ok(
        Math.abs(actual[c]! - wanted[c]!) <= 1e-4 * Math.abs(wanted[c]!) + 1e-4,
        `row ${row} column ${c}: got ${actual[c]}, expected ${wanted[c]}`,
      );
    }
  }
}

gpuTest("tensors larger than a binding work", {}, async (gpu) => {
  const values = randomArray(1, PART * C);
  const row = (r: number) =>
    values.subarray((r % PART) * C, (r % PART + 1) * C)
      .map((v) => v * FACTORS[Math.floor(r / PART)]!);
  using x = large(gpu, values);
  assert.ok(x.sizeBytes > 128 * 2 ** 20);
  await checkRows(x, row);
  {
    using y = affine(x, 3, 1);
    await checkRows(y, (r) => row(r).map((v) => 3 * v + 1));
    using sum = add(y, x);
    await checkRows(sum, (r) => row(r).map((v) => 4 * v + 1));
  }
  {
    using w = Tensor.from(gpu, randomArray(2, C * 4), { shape: [C, 4] });
    const host = randomArray(2, C * 4);
    using tall = matmul(x, w); // [40000, 4]
    await checkRows(
      tall,
      (r) =>
        [0, 1, 2, 3].map((n) =>
          row(r).reduce((s, v, k) => s + v * host[k * 4 + n]!, 0)
        ),
    );
    using one = slice(x, 0, { start: 5, end: 6 }); // [1, 1000]
    using wide = linear(one, x); // [1, 40000]
    const products = await wide.data();
    for (const r of [0, 12_345, 33_554, 39_999]) {
      const dot = row(r).reduce((s, v, k) => s + v * row(5)[k]!, 0);
      assert.ok(Math.abs(products[r]! - dot) < 1e-2);
    }
    using flipped = x.reshape([C, ROWS]); // as the second operand, split along K
    using short = matmul(one, flipped); // [1, 40000]
    const found = (await short.data())[777]!;
    const at = (i: number) => row(Math.floor(i / C))[i % C]!;
    let dot = 0;
    for (let k = 0; k < C; k++) dot += row(5)[k]! * at(k * ROWS + 777);
    assert.ok(Math.abs(found - dot) < 1e-2);
  }
  {
    using half = cast(x, "bf16"); // 80 MB
    using back = cast(half, "f32");
    await checkRows(back, (r) =>
      row(r).map((v) => {
        const bits = new Uint32Array(Float32Array.of(v).buffer);
        bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >> 16) & 1)) & 0xffff0000;
        return new Float32Array(bits.buffer)[0]!;
      }));
  }
  using indices = Tensor.from(gpu, [39_999, 0, 33_554, 20_000], {
    dtype: "i32",
  });
  using rows = gather(x, indices); // [4, 1000]
  const gathered = await rows.data();
  assert.equal(gathered[3], row(39_999)[3]);
  assert.equal(gathered[2 * C + 999], row(33_554)[999]);
});
