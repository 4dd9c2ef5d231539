import {
  attachLora,
  LoraError,
  readLora,
  resolveGains,
} from "@edit-transfer/lora";
import { Linear, openDevice, Tensor } from "@edit-transfer/tensor";
import { assertRelative, randomArray } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { lora, matrix } from "./_test_lora.ts";

const [OUT, INTO] = [5, 7];
const WEIGHT = randomArray(9, OUT * INTO);
const [A, B] = [matrix(2, INTO), matrix(OUT, 2)];
const MAGNITUDE = Float32Array.from({ length: OUT }, (_, i) => 1 + i / 4);

/** ΔW and W + c ΔW, row by row. */
function changed(c: number): Float64Array {
  const sum = Float64Array.from(WEIGHT);
  for (let at = 0; at < sum.length; at++) {
    for (let r = 0; r < 2; r++) {
      const b = (B.data as Float32Array)[Math.floor(at / INTO) * 2 + r]!;
      sum[at]! += c * b * (A.data as Float32Array)[r * INTO + at % INTO]!;
    }
  }
  return sum;
}

/** Rows of a matrix with norms of their own. */
function normed(weight: Float64Array): Float64Array {
  return weight.map((value, at) => {
    const o = Math.floor(at / INTO);
    const row = weight.subarray(o * INTO, (o + 1) * INTO);
    return value * MAGNITUDE[o]! / Math.hypot(...row);
  });
}

Deno.test("a factor of a DoRA means what PEFT and ComfyUI have it mean", async () => {
  const scale = 0.5;
  const whole = normed(changed(1));
  const cases = {
    lora_magnitude_vector: normed(changed(scale)),
    dora_scale: whole.map((value, at) =>
      WEIGHT[at]! + scale * (value - WEIGHT[at]!)
    ),
  };
  using device = await openDevice("cpu", { threads: 1 });
  const x = randomArray(3, INTO);
  using input = Tensor.from(device, x, { shape: [1, INTO] });
  using weight = Tensor.from(device, WEIGHT, { shape: [OUT, INTO] });
  using bias = Tensor.from(device, randomArray(4, OUT));
  for (const [name, expected] of Object.entries(cases)) {
    const file = await readLora(lora({
      "proj.lora_A.weight": A,
      "proj.lora_B.weight": B,
      [`proj.${name}`]: { dtype: "F32", shape: [OUT, 1], data: MAGNITUDE },
    }));
    const weightOf = () => Promise.resolve(WEIGHT);
    const gains = await resolveGains(file, { weightOf, scale });
    const layer = new Linear(weight, bias);
    {
      using _ = attachLora(new Map([["proj", layer]]), file, { scale, gains });
      using y = layer.forward(input);
      const wanted = Float64Array.from({ length: OUT }, (_, o) =>
        x.reduce(
          (sum, value, i) => sum + value * expected[o * INTO + i]!,
          randomArray(4, OUT)[o]!,
        ));
      assertRelative(await y.data(), wanted, 1e-6);
    }
    assert.deepEqual([layer.branches, layer.deltas], [[], []]);
    assert.throws(
      () => attachLora(new Map([["proj", layer]]), file),
      (error: unknown) => {
        assert.ok(error instanceof LoraError);
        assert.equal(
          error.message,
          'Cannot attach LoRA "lora.safetensors" as "proj" is a DoRA, which needs the weights of the model: got no gains of it',
        );
        return true;
      },
    );
    assert.deepEqual([layer.branches, layer.deltas], [[], []]);
  }
});
