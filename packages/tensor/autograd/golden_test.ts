import { assertRelative, readGolden } from "@edit-transfer/testing";
import { forEachDevice, read } from "../_test_devices.ts";
import { attention } from "../attention/attention.ts";
import { linear } from "../gemm/linear.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import { mul } from "../ops/binary/binary.ts";
import { conv2d } from "../ops/conv2d/conv2d.ts";
import { gather } from "../ops/gather/gather.ts";
import { groupNorm } from "../ops/group_norm/group_norm.ts";
import { layerNorm } from "../ops/layer_norm/layer_norm.ts";
import { layerNormModulate } from "../ops/layer_norm_modulate/layer_norm_modulate.ts";
import { rmsNorm } from "../ops/rms_norm/rms_norm.ts";
import { rmsNormRope } from "../ops/rms_norm_rope/rms_norm_rope.ts";
import { rope } from "../ops/rope/rope.ts";
import { softmax } from "../ops/softmax/softmax.ts";
import { sum } from "../ops/sum/sum.ts";
import { gelu, geluTanh, silu } from "../ops/unary/unary.ts";
import type { Tensor } from "../tensor.ts";
import { valueAndGrad } from "./value_and_grad.ts";

/** Operations by their file in fixtures/goldens/gradients. */
const CASES: Readonly<
  Record<string, (t: (name: string) => Tensor) => Tensor>
> = {
  linear: (t) => linear(t("input"), t("weight"), t("bias")),
  attention: (t) => attention(t("q"), t("k"), t("v")),
  silu: (t) => silu(t("x")),
  gelu: (t) => gelu(t("x")),
  gelu_tanh: (t) => geluTanh(t("x")),
  layer_norm: (t) =>
    layerNorm(t("x"), { weight: t("weight"), bias: t("bias") }),
  rms_norm: (t) => rmsNorm(t("x"), t("weight")),
  softmax: (t) => softmax(t("x")),
  group_norm: (t) =>
    groupNorm(t("x"), {
      weight: t("weight"),
      bias: t("bias"),
      groups: 6,
      silu: true,
    }),
  conv2d: (t) =>
    conv2d(t("x"), t("weight"), {
      bias: t("bias"),
      stride: 2,
      padding: { top: 0, bottom: 1, left: 0, right: 1 },
    }),
  gather: (t) => gather(t("table"), t("indices")),
  rope: (t) => rope(t("x"), t("cos"), t("sin")),
  layer_norm_modulate: (t) =>
    layerNormModulate(t("x"), { shift: t("shift"), scale: t("scale") }),
  rms_norm_rope: (t) =>
    rmsNormRope([
      { x: t("txt"), weight: t("txt_weight") },
      { x: t("img"), weight: t("img_weight") },
    ], { cos: t("cos"), sin: t("sin") }),
};

for (const [file, run] of Object.entries(CASES)) {
  forEachDevice(`gradients of ${file} match PyTorch`, async (device) => {
    using inputs = new Inputs(device);
    const { arrays, integers, shapes } = readGolden(`gradients/${file}`);
    const tensors = new Map(
      Object.keys(arrays).map((name) => [
        name,
        name in integers
          ? inputs.tensor(integers[name]!, shapes[name]!, "i32")
          : inputs.tensor(arrays[name]!, shapes[name]!),
      ]),
    );
    const tensor = (name: string) => tensors.get(name)!;
    const names = Object.keys(arrays)
      .filter((name) => name.startsWith("d."))
      .map((name) => name.slice(2));
    const { value, grads } = valueAndGrad(
      () => sum(mul(run(tensor), tensor("weights"))),
      names.map(tensor),
    );
    value.dispose();
    assertRelative(await read(run(tensor)), arrays.y!, F32);
    for (const [i, name] of names.entries()) {
      assertRelative(await read(grads[i]!), arrays[`d.${name}`]!, F32);
    }
  });
}
