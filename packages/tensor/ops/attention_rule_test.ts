import { randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "../_test_devices.ts";
import { scope } from "../scope.ts";
import { attentionRule } from "./_attention_rule.ts";
import { Inputs, list } from "./_test_op.ts";

forEachDevice(
  "attention has the same gradient some heads after the other",
  async (device) => {
    using inputs = new Inputs(device);
    const [B, H, Lq, Lk, D] = [2, 5, 7, 9, 8];
    const make = (seed: number, L: number) =>
      inputs.tensor(randomArray(seed, B * H * L * D), [B, H, L, D]);
    const operands = { q: make(1, Lq), k: make(2, Lk), v: make(3, Lk) };
    const dy = make(4, Lq);
    const run = async (maxBytes: number) => {
      const rule = attentionRule({ ...operands, bias: undefined }, {
        scale: 0.4,
        needs: [true, true, true],
        maxBytes,
      });
      const gradients = scope(() => rule(dy));
      return await Promise.all(
        gradients.slice(0, 3).map(async (x) => list(await read(x!))),
      );
    };
    const whole = await run(2 ** 20);
    assert.deepEqual(await run(3 * 4 * Lq * Lk), whole);
    assert.deepEqual(await run(1), whole);
  },
);
