import { ShapeError } from "../../errors.ts";
import { recorded, type Tensor } from "../../tensor.ts";
import { operandDevice, sameDevice } from "../_operands.ts";
import { output } from "../_output.ts";

/**
 * Looks rows of a table up, `y[i] = table[indices[i]]`.
 *
 * An index outside of `[0, V)` throws on the cpu and reads an unspecified row
 * on a GPU.
 *
 * @param table Table, `[V, C]`, f32, f16 or bf16.
 * @param indices Row numbers, `[...]`, i32.
 * @returns `[..., C]` in f32, owned by the caller.
 *
 * @throws {ShapeError} If the table is not `[V, C]`.
 * @throws {TypeError} If the indices are not i32.
 *
 * @example Usage
 * ```ts
 * import { gather, openDevice, Tensor } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * using table = Tensor.from(device, [0, 1, 10, 11], { shape: [2, 2] });
 * using indices = Tensor.from(device, [1, 0, 1], { dtype: "i32" });
 * using y = gather(table, indices); // [3, 2]
 * assert.deepEqual([...await y.data()], [10, 11, 0, 1, 10, 11]);
 * ```
 */
export function gather(table: Tensor, indices: Tensor): Tensor {
  const device = operandDevice("gather", {}, { table });
  sameDevice("gather", "indices", indices, device);
  if (indices.dtype !== "i32") {
    throw new TypeError(
      `Cannot run gather as indices must be i32: got ${indices.dtype}`,
    );
  }
  if (table.shape.length !== 2) {
    throw new ShapeError("gather", "table must be [V, C]", {
      table: table.shape,
      indices: indices.shape,
    });
  }
  const shape = [...indices.shape, table.shape[1]!]; // [..., C]
  const y = output(
    device,
    shape,
    (y) => device.kernels.gather(y, table, indices),
  );
  return recorded(y, [table], (_, save) => {
    const rows = save(indices);
    return (dy) => [
      output(
        device,
        table.shape,
        (dx) => device.kernels.gatherGradient(dx, dy, rows),
      ),
    ];
  });
}
