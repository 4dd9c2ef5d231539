import { nameRunningTest } from "@edit-transfer/testing";
import { NO_ADAPTER, testAdapter } from "./_test_adapter.ts";
import type { Device } from "./backend.ts";
import { openDevice } from "./device.ts";
import type { HostArray } from "./host_array.ts";
import type { Tensor } from "./tensor.ts";

/** Downloads the values of a tensor and frees it. */
export async function read(tensor: Tensor): Promise<HostArray> {
  using owned = tensor;
  return await owned.data();
}

/** Devices of one test file, opened by the first test that needs them. */
const opened = new Map<"cpu" | "webgpu", Promise<Device>>();

/** The device of a kind that this test file shares. */
function sharedDevice(kind: "cpu" | "webgpu"): Promise<Device> {
  let device = opened.get(kind);
  if (device === undefined) opened.set(kind, device = openDevice(kind));
  return device;
}

Deno.test.afterAll(async () => {
  for (const device of opened.values()) (await device)[Symbol.dispose]();
  opened.clear();
});

/**
 * Registers a test for the cpu and, where there is an adapter, for WebGPU;
 * without one that test is reported as ignored.
 *
 * Tensors that `body` leaves alive make the test fail.
 */
export function forEachDevice(
  name: string,
  body: (device: Device) => Promise<void>,
): void {
  for (const kind of ["cpu", "webgpu"] as const) {
    const missing = kind === "webgpu" && testAdapter === undefined;
    Deno.test({
      name: `${name} [${kind}]${missing ? NO_ADAPTER : ""}`,
      ignore: missing,
      sanitizeResources: false, // the device outlives the test
      sanitizeOps: false,
      async fn() {
        nameRunningTest(`${name} [${kind}]`);
        const device = await sharedDevice(kind);
        const before = device.memory.tensors;
        await body(device);
        const leaked = device.memory.tensors - before;
        if (leaked !== 0) {
          throw new Error(
            `Cannot end test as tensors are alive: got ${leaked}`,
          );
        }
      },
    });
  }
}
