import { assertRelative, randomArray } from "@edit-transfer/testing";
import { forEachDevice, read } from "../_test_devices.ts";
import * as reference from "../ops/_reference.ts";
import { F32, Inputs } from "../ops/_test_op.ts";
import { mul } from "../ops/binary/binary.ts";
import { sum } from "../ops/sum/sum.ts";
import type { Tensor } from "../tensor.ts";
import { valueAndGrad } from "./value_and_grad.ts";

export type Values = ArrayLike<number>;
export type Shape = readonly number[];

/** An operation, and the same in float64. */
export interface Case {
  readonly name: string;
  /** Shapes of the operands that are differentiated by. */
  readonly shapes: readonly Shape[];
  readonly run: (...operands: Tensor[]) => Tensor;
  /** The same in float64. */
  readonly expected: (...operands: Values[]) => Values;
  /** Values of all operands; by default standard normal. */
  readonly value?: (normal: number, i: number) => number;
}
/** Values of `f` at each index of a shape. */
export function each(shape: Shape, f: (index: number[]) => number): number[] {
  return [...reference.indices(shape)].map(f);
}

/** Value of an array at an index, which may repeat. */
export const at = (x: Values, index: readonly number[], shape: Shape) =>
  x[reference.position(index, shape)]!;
/** Step of the differences: their error is about its square. */
const STEP = 2 ** -13;

/** Registers a test of all gradients of an operation. */
export function testGradients(
  { name, shapes, run, expected, ...options }: Case,
): void {
  const { value = (x: number) => x } = options;
  forEachDevice(
    `gradient of ${name} is that of differences in float64`,
    async (device) => {
      using inputs = new Inputs(device);
      const values = shapes.map((shape, i) =>
        randomArray(i + 1, shape.reduce((a, b) => a * b, 1)).map(value)
      );
      const y = expected(...values);
      const weights = randomArray(8, y.length);
      const operands = shapes.map((shape, i) =>
        inputs.tensor(values[i]!, shape)
      );
      const projection = inputs.tensor(weights);
      const { value: loss, grads } = valueAndGrad(
        () => sum(mul(run(...operands).reshape([-1]), projection)),
        operands,
      );
      using _ = loss;
      const project = (operands: readonly Values[]) => {
        const y = expected(...operands);
        return weights.reduce((total, weight, i) => total + weight * y[i]!, 0);
      };
      for (const [k, grad] of grads.entries()) {
        const differences = Float64Array.from(values[k]!, (x, i) => {
          const moved = (to: number) =>
            project(
              values.map((own, j) =>
                j === k ? Float64Array.from(own).with(i, to) : own
              ),
            );
          return (moved(x + STEP) - moved(x - STEP)) / (2 * STEP);
        });
        assertRelative(await read(grad), differences, F32);
      }
    },
  );
}
