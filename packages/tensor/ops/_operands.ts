import type { Device } from "../backend.ts";
import { isQuantized } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";

/** Tensors by argument name; options that were left out are `undefined`. */
type Operands = Readonly<Record<string, Tensor | undefined>>;

/**
 * Checks that the operands live on one device, that `activations` are f32,
 * that `weights` are f32, f16 or bf16, and that `blocks` are so or quantised;
 * returns the device.
 */
export function operandDevice(
  op: string,
  activations: Operands,
  weights: Operands = {},
  blocks: Operands = {},
): Device {
  let device: Device | undefined;
  for (const name in activations) {
    const tensor = activations[name];
    if (tensor === undefined) continue;
    if (tensor.dtype !== "f32") {
      throw new TypeError(
        `Cannot run ${op} as ${name} must be f32: got ${tensor.dtype}`,
      );
    }
    device = sameDevice(op, name, tensor, device);
  }
  for (const operands of [weights, blocks]) {
    for (const name in operands) {
      const tensor = operands[name];
      if (tensor === undefined) continue;
      const { dtype } = tensor;
      if (dtype === "i32" || (operands === weights && isQuantized(dtype))) {
        throw new TypeError(
          `Cannot run ${op} as ${name} must be f32, f16 or bf16: got ${dtype}`,
        );
      }
      device = sameDevice(op, name, tensor, device);
    }
  }
  return device!;
}

/** Returns the tensor's device if it is the one of the operands before it. */
export function sameDevice(
  op: string,
  name: string,
  tensor: Tensor,
  device: Device | undefined,
): Device {
  if (device !== undefined && tensor.device !== device) {
    throw new TypeError(
      `Cannot run ${op} as operands must be on one device: got ${name} on ` +
        `${tensor.device.name}, others on ${device.name}`,
    );
  }
  return tensor.device;
}
