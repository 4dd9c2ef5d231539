import { attachTuner } from "./tuning.ts";
import {
  openUntunedDevice,
  WebGpuDevice,
  type WebGpuDeviceOptions,
} from "./webgpu_device.ts";

export { findGpu, type FindGpuOptions } from "./adapter.ts";
export { WebGpuDevice };

/** Options of {@linkcode openWebGpuDevice}. */
export interface OpenWebGpuDeviceOptions extends WebGpuDeviceOptions {
  /**
   * Whether to use the variants that were measured fastest on this adapter.
   *
   * @default {true}
   */
  readonly tuned?: boolean | undefined;
}

/**
 * Opens a device on an adapter as {@linkcode openUntunedDevice} does, on which
 * the fastest variants run.
 *
 * @param adapter Adapter, see `findGpu`.
 * @param options See {@linkcode OpenWebGpuDeviceOptions}.
 * @returns The device, owned by the caller.
 *
 * @throws {DeviceError} If the adapter gives no device.
 */
export async function openWebGpuDevice(
  adapter: GPUAdapter,
  options: OpenWebGpuDeviceOptions = {},
): Promise<WebGpuDevice> {
  const device = await openUntunedDevice(adapter, options);
  try {
    if (options.tuned !== false) await attachTuner(device, adapter);
  } catch (error) {
    device[Symbol.dispose]();
    throw error;
  }
  return device;
}
