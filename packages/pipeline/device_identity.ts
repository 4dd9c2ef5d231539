import type { Device } from "@edit-transfer/tensor";

/**
 * What the numbers of a device depend on: the adapter and its precision, but
 * not the threads of the cpu.
 *
 * @param device A device.
 * @returns A short text, equal for devices that give equal numbers.
 *
 * @example Usage
 * ```ts
 * import { deviceIdentity } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const one = deviceIdentity({ kind: "cpu", name: "cpu (1 thread)" });
 * assert.equal(deviceIdentity({ kind: "cpu", name: "cpu (8 threads)" }), one);
 * ```
 */
export function deviceIdentity(
  device: Pick<Device, "kind" | "name" | "precision">,
): string {
  const { kind, name, precision = "f32" } = device;
  return `${kind === "cpu" ? kind : name} ${precision}`;
}
