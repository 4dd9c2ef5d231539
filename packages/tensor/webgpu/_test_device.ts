import {
  findGpu,
  openWebGpuDevice,
  type OpenWebGpuDeviceOptions,
  type WebGpuDevice,
} from "./device.ts";

const adapter = await findGpu({ software: true });

if (adapter === undefined && Deno.env.has("EDIT_TRANSFER_REQUIRE_GPU")) {
  throw new Error(
    "Cannot run the WebGPU tests as no adapter was found: run .ci/install_vulkan.sh",
  );
}

/** Opens a device for a test that has found an adapter. */
export async function gpuDevice(
  options: OpenWebGpuDeviceOptions = {},
): Promise<WebGpuDevice> {
  const fresh = await findGpu({ software: true }); // an adapter gives one device
  return await openWebGpuDevice(fresh!, options);
}

/** Registers a test that needs an adapter; without one it is ignored. */
export function gpuTest(
  name: string,
  options: OpenWebGpuDeviceOptions,
  body: (device: WebGpuDevice) => Promise<void>,
): void {
  Deno.test({
    name: adapter === undefined
      ? `${name} (no adapter: run .ci/install_vulkan.sh)`
      : name,
    ignore: adapter === undefined,
    async fn() {
      const device = await gpuDevice(options);
      try {
        await body(device);
      } finally {
        device.destroy();
      }
    },
  });
}
