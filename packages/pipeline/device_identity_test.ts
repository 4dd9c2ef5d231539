import { deviceIdentity } from "@edit-transfer/pipeline";
import assert from "node:assert/strict";

Deno.test("deviceIdentity() is another for another device or precision", () => {
  const card = { kind: "webgpu", name: "webgpu (a card)" } as const;
  const all = [
    deviceIdentity({ kind: "cpu", name: "cpu (2 threads)" }),
    deviceIdentity(card),
    deviceIdentity({ ...card, precision: "f16" }),
    deviceIdentity({ ...card, name: "webgpu (another card)" }),
  ];
  assert.equal(new Set(all).size, 4);
  assert.equal(deviceIdentity({ ...card, precision: "f32" }), all[1]);
  assert.equal(deviceIdentity({ kind: "cpu", name: "cpu (1 thread)" }), all[0]);
});
