import { ShapeError } from "../errors.ts";
import { operandDevice } from "../ops/_operands.ts";
import { output } from "../ops/_output.ts";
import { scope } from "../scope.ts";
import { activeRecording, recorded, type Tensor } from "../tensor.ts";
import type { Epilogue, LowRankBranch, Residual } from "./epilogue.ts";
import { finish } from "./finish.ts";
import type { LinearOptions } from "./linear_options.ts";
import { linearRule, product } from "./linear_rule.ts";

/**
 * Affine map of the last axis, and what commonly follows it.
 *
 * `y = f(x Wᵀ + bias + Σ scale · (x Aᵀ) Bᵀ)`, or `x' + gate · y` with a residual
 * stream x'; what is left out is not there. Sums are rounded as if each step
 * were an operation of its own, but for those of the branches.
 *
 * @param x Input, `[..., K]`, f32.
 * @param weight Weight, `[N, K]`, f32, f16, bf16 or quantised.
 * @param bias Bias, `[N]`, f32, if there is one.
 * @param options See {@linkcode LinearOptions}.
 * @returns `[..., N]`, owned by the caller.
 *
 * @throws {ShapeError} If an operand does not fit.
 * @throws {TypeError} If an operand has another type or device.
 *
 * @example Usage
 * ```ts
 * import { linear, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1, 2], { shape: [1, 1, 2] });
 * using weight = Tensor.from(device, [1, 0, 0, 1, 1, 1], { shape: [3, 2] });
 * using bias = Tensor.from(device, [0, 0, 10]);
 * using y = linear(x, weight, bias); // [1, 1, 3]
 * assert.deepEqual([...await y.data()], [1, 2, 13]);
 *
 * using gate = Tensor.from(device, [1, 0.5, 0], { shape: [1, 3] });
 * using z = linear(x, weight, bias, { residual: { x: y, gate } }); // y + gate · y
 * assert.deepEqual([...await z.data()], [2, 3, 13]);
 * ```
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: LinearOptions = {},
): Tensor {
  const { branches = [], activation, residual } = options;
  requireOperands({ x, weight, bias }, { branches, residual });
  const layer = { x, weight, bias, branches };
  if (activation === undefined && residual === undefined) {
    return affineMap(layer);
  }
  if (activeRecording() === undefined) {
    return affineMap(layer, { activation, residual });
  }
  // the gradients need what lies between
  return scope(() => finish(affineMap(layer), { activation, residual }));
}

/** An affine map with its branches. */
interface Layer {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly branches: readonly LowRankBranch<Tensor>[];
}

/** One product and, for each branch that it cannot take, two more. */
function affineMap(
  { x, weight, bias, branches }: Layer,
  epilogue: Epilogue = {},
): Tensor {
  const { device } = x;
  const { kernels } = device;
  const [N, K] = weight.shape as [number, number];
  const shape = [...x.shape.slice(0, -1), N]; // [..., N]
  const merges = branches.length > 0 && activeRecording() === undefined &&
    kernels.mergesLora(weight, x.size / K);
  if (merges || branches.length === 0) {
    const options = { bias, transposeB: true, ...epilogue };
    const y = output(device, shape, (y) => {
      product(y, x, weight, merges ? { ...options, branches } : options);
    });
    return recorded(
      y,
      [x, weight, bias],
      (needs, save) =>
        linearRule({ x, weight, branches, downs: [] }, needs, save),
    );
  }
  const last = branches.length - 1;
  const downs: Tensor[] = [];
  const y = output(device, shape, (y) => {
    product(y, x, weight, { bias, transposeB: true });
    for (const [i, { A, B, scale }] of branches.entries()) {
      const down = lowRank(x, A, scale); // [M, r]
      downs.push(down);
      product(y, down, B, {
        transposeB: true,
        ...i === last && epilogue,
        accumulate: true,
      });
    }
  });
  const factors = branches.flatMap(({ A, B }) => [A, B]);
  recorded(
    y,
    [x, weight, bias, ...factors],
    (needs, save) => linearRule({ x, weight, branches, downs }, needs, save),
  );
  for (const down of downs) down.dispose();
  return y;
}

/** `scale · x Aᵀ`. */
function lowRank(x: Tensor, A: Tensor, scale: number): Tensor {
  const { device } = x;
  const shape = [x.size / A.shape[1]!, A.shape[0]!]; // [M, r]
  const down = output(device, shape, (y) => {
    product(y, x, A, { transposeB: true });
  });
  if (scale === 1) return down;
  using _ = down;
  return output(device, shape, (y) => {
    device.kernels.affine(y, down, scale, 0);
  });
}

function requireOperands(
  { x, weight, bias }: Omit<Layer, "branches">,
  { branches, residual }: Pick<LinearOptions, "residual"> & {
    readonly branches: readonly LowRankBranch<Tensor>[];
  },
): void {
  operandDevice("linear", { x, bias }, {}, { weight });
  const [N, K] = weight.shape;
  if (
    N === undefined || K === undefined || weight.shape.length !== 2 ||
    x.shape.at(-1) !== K
  ) {
    throw new ShapeError("linear", "weight must be [N, K] for x [..., K]", {
      x: x.shape,
      weight: weight.shape,
    });
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== N)) {
    throw new ShapeError("linear", "bias must be [N] for weight [N, K]", {
      weight: weight.shape,
      bias: bias.shape,
    });
  }
  for (const branch of branches) requireBranch(branch, x, [N, K]);
  if (residual !== undefined) requireResidual(residual, x, N);
}

function requireBranch(
  { A, B }: LowRankBranch<Tensor>,
  x: Tensor,
  [N, K]: readonly [N: number, K: number],
): void {
  operandDevice("linear", { x }, { A, B });
  const [r] = A.shape;
  if (
    A.shape.length !== 2 || A.shape[1] !== K ||
    B.shape.length !== 2 || B.shape[0] !== N || B.shape[1] !== r
  ) {
    throw new ShapeError(
      "linear",
      "a branch must be A [r, K] and B [N, r] for weight [N, K]",
      { weight: [N, K], A: A.shape, B: B.shape },
    );
  }
}

function requireResidual(
  { x: stream, gate }: Residual<Tensor>,
  x: Tensor,
  N: number,
): void {
  operandDevice("linear", { x, residual: stream, gate });
  const { shape } = x;
  const last = shape.length - 1;
  if (
    stream.shape.length !== shape.length ||
    stream.shape.some((extent, i) => extent !== (i === last ? N : shape[i]))
  ) {
    throw new ShapeError("linear", "residual must be like the result", {
      residual: stream.shape,
      result: [...shape.slice(0, -1), N],
    });
  }
  if (
    gate !== undefined &&
    (last !== 2 || gate.shape.length !== 2 || gate.shape[0] !== shape[0] ||
      gate.shape[1] !== N)
  ) {
    throw new ShapeError("linear", "gate must be [B, N] for x [B, L, K]", {
      x: shape,
      gate: gate.shape,
    });
  }
}
