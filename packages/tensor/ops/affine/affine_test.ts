import { assertRelative, randomArray } from "@edit-transfer/testing";
import { forEachDevice, read } from "../../_test_devices.ts";
import { Inputs } from "../_test_op.ts";
import { affine } from "./affine.ts";

for (const n of [1, 3, 64, 1025]) {
  forEachDevice(`affine() matches float64 on ${n} elements`, async (device) => {
    using inputs = new Inputs(device);
    const x = randomArray(n, n, 300);
    const y = affine(inputs.tensor(x), 0.18215, -3.5);
    // two roundings
    assertRelative(await read(y), x.map((v) => 0.18215 * v - 3.5), 2 ** -22);
  });
}
