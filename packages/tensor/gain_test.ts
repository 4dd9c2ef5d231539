import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice, read } from "./_test_devices.ts";
import { Gain } from "./gain.ts";
import { F32, Inputs } from "./ops/_test_op.ts";

forEachDevice("Gain.value() makes its changes in order", async (device) => {
  for (const n of [1, 33, 128]) {
    using inputs = new Inputs(device);
    const [g, a, b, c] = [1, 2, 3, 4].map((seed) => randomArray(seed, n)) as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ];
    const gain = new Gain(inputs.tensor(g));
    assert.equal(gain.value(), gain.weight);
    gain.changes.push(
      { values: inputs.tensor(a), scale: 0.5, replaces: false },
      { values: inputs.tensor(b), scale: 0.25, replaces: true },
    );
    const expected = g.map((value, i) =>
      0.75 * (value + 0.5 * a[i]!) + 0.25 * b[i]!
    );
    assertRelative(await read(gain.value()), expected, F32);
    const other = new Gain(gain.weight);
    other.share(gain);
    assertRelative(await read(other.value()), expected, F32);
    gain.changes.push({ values: inputs.tensor(c), scale: 1, replaces: true });
    assertRelative(await read(gain.value()), c, 0);
    gain.changes.length = 0;
    assert.equal(gain.value(), gain.weight);
  }
});
