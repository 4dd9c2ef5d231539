import { openDevice, zeros } from "@edit-transfer/tensor";
import assert from "node:assert/strict";
import type { FluxConfig } from "./config.ts";
import { PositionTables } from "./position_tables.ts";

Deno.test("tables of one pass stay, however many others were asked for before", async () => {
  using device = await openDevice("cpu", { threads: 1 });
  const config = { axesDimsRope: [2, 2, 4] } as unknown as FluxConfig;
  using tables = new PositionTables(config);
  using pooled = zeros(device, [1, 1]);
  const at = (row: number) =>
    tables.of({ pooled, imgIds: [[0, row, 0]], timestep: 1 });
  const first = at(0);
  for (let row = 1; row < 4; row++) at(row);
  assert.equal(at(0), first); // asked for again, then others
  at(4);
  assert.equal(at(0), first);
  assert.ok(await first.cos.data());
  assert.equal(device.memory.tensors, 1 + 2 * 4);
});
