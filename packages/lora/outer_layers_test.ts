import { initLora } from "@edit-transfer/lora";
import { mul, scope, sum, Tensor, valueAndGrad } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { goldenCase, tinyModel } from "../dit/_test_model.ts";
import { forEachDevice } from "../tensor/_test_devices.ts";

const STEP = 1e-2;

forEachDevice(
  "layers outside of the blocks are trained: gradients are slopes of the loss",
  async (device) => {
    using model = await tinyModel(device);
    const { inputs } = goldenCase(device, "guidance");
    using _inputs = inputs;
    using lora = initLora(model.linears(), {
      rank: 1,
      seed: 3,
      targets: [/^(?!.*_blocks\.)/],
    });
    assert.equal(lora.names.length, 2 * 10);
    // B that is not zero, so that A matters too
    lora.replace(
      lora.parameters().map((now, i) =>
        i % 2 === 0 ? now : Tensor.from(device, randomArray(i, now.size, 0.2), {
          shape: now.shape,
        })
      ),
    );
    using weights = Tensor.from(device, randomArray(5, 144), {
      shape: [1, 12, 12],
    });
    const loss = () => scope(() => sum(mul(model.forward(inputs), weights)));
    const { value, grads } = valueAndGrad(loss, [...lora.parameters()]);
    value.dispose();
    for (const [i, name] of lora.names.entries()) {
      const parameter = lora.parameters()[i]!;
      const [direction, at] = [
        randomArray(i + 50, parameter.size),
        Float32Array.from(await parameter.data()),
      ];
      const moved = async (step: number) => {
        const data = at.map((x, k) => x + step * direction[k]!);
        const { shape } = parameter;
        const now = [...lora.parameters()];
        now[i] = Tensor.from(device, data, { shape });
        lora.replace(now);
        using value = loss();
        const [number] = await value.data();
        return number!;
      };
      const slope = (await moved(STEP) - await moved(-STEP)) / (2 * STEP);
      await moved(0);
      const gradient = await grads[i]!.data();
      const dot = direction.reduce((n, x, k) => n + x * gradient[k]!, 0);
      assert.ok(Math.abs(slope) > 0, name);
      assertRelative([dot], [slope], 0.02);
    }
    for (const grad of grads) grad.dispose();
  },
);
