import { nameRunningTest } from "@edit-transfer/testing";
import { NO_ADAPTER, testAdapter } from "../_test_adapter.ts";
import {
  findGpu,
  openWebGpuDevice,
  type OpenWebGpuDeviceOptions,
  type WebGpuDevice,
} from "./device.ts";

/** Opens a device for a test that has found an adapter. */
export async function gpuDevice(
  options: OpenWebGpuDeviceOptions = {},
): Promise<WebGpuDevice> {
  const fresh = await findGpu({ software: true }); // an adapter gives one device
  return await openWebGpuDevice(fresh!, options);
}

/** Options of {@linkcode gpuTest}: those of the device, and what the test needs. */
export interface GpuTestOptions extends OpenWebGpuDeviceOptions {
  /** What the adapter lacks for this test, if anything. */
  readonly lacks?: string | undefined;
}

/** Registers a test that needs an adapter; without a fitting one it is ignored. */
export function gpuTest(
  name: string,
  { lacks, ...options }: GpuTestOptions,
  body: (device: WebGpuDevice) => Promise<void>,
): void {
  const missing = testAdapter === undefined
    ? NO_ADAPTER
    : lacks === undefined
    ? ""
    : ` (the adapter lacks ${lacks})`;
  Deno.test({
    name: `${name}${missing}`,
    ignore: missing !== "",
    async fn() {
      nameRunningTest(name);
      using device = await gpuDevice(options);
      await body(device);
    },
  });
}
