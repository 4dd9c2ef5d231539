import { openDevice } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import { ropeTables } from "./rope.ts";

Deno.test("ropeTables() gives each axis its share of the head, in order", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const { cos, sin } = ropeTables([[1, 2, 3], [0, 0, 0]], {
    axesDims: [2, 4, 2],
    device,
  });
  const angles = [1, 2, 2 * 10000 ** -0.5, 3, 0, 0, 0, 0];
  assert.deepEqual(cos.shape, [2, 4]);
  assert.deepEqual(
    [...await cos.data()],
    angles.map((a) => Math.fround(Math.cos(a))),
  );
  assert.deepEqual(
    [...await sin.data()],
    angles.map((a) => Math.fround(Math.sin(a))),
  );
});
