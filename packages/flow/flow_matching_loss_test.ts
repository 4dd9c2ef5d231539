import { Tensor, valueAndGrad } from "@edit-transfer/tensor";
import { assertClose, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { forEachDevice } from "../tensor/_test_devices.ts";
import { flowMatchingLoss } from "./flow_matching_loss.ts";

const SHAPE = [2, 6, 3] as const;
const MASK = [0, 1, 0, 1, 1, 0];

forEachDevice(
  "flowMatchingLoss() is the mean over masked tokens",
  async (device) => {
    const v = randomArray(1, 36);
    const target = randomArray(2, 36);
    let expected = 0;
    const gradient = v.map((value, i) => {
      const away = value - target[i]!;
      if (MASK[Math.floor(i / 3) % 6] === 0) return 0;
      expected += away * away / 18; // 2 tasks, 3 tokens, 3 channels
      return 2 * away / 18;
    });
    using velocity = Tensor.from(device, v, { shape: SHAPE });
    using wanted = Tensor.from(device, target, { shape: SHAPE });
    const { value, grads } = valueAndGrad(
      () => flowMatchingLoss(velocity, wanted, MASK),
      [velocity],
    );
    using loss = value;
    using grad = grads[0]!;
    // 18 terms, each rounded to 6e-8 a few times
    assertClose(await loss.data(), [expected], { atol: 0, rtol: 2e-6 });
    assertClose(await grad.data(), gradient, { atol: 1e-8, rtol: 1e-6 });
  },
);

forEachDevice(
  "flowMatchingLoss() refuses a mask that does not fit",
  async (device) => {
    using v = Tensor.from(device, new Float32Array(36), { shape: SHAPE });
    assert.throws(() => flowMatchingLoss(v, v, [0, 1]), {
      message:
        "Cannot compute the loss as the mask must name some of 6 tokens: got 2 values, 1 of them 1",
    });
    assert.throws(() => flowMatchingLoss(v, v, [0, 0, 0, 0, 0, 0]), RangeError);
    await device.sync();
  },
);
