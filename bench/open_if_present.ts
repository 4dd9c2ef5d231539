import { type Device, openDevice } from "@edit-transfer/tensor";

/** Opens a device, or says that there is none. */
export async function openIfPresent(
  kind: "cpu" | "webgpu",
): Promise<Device | undefined> {
  try {
    return await openDevice(kind);
  } catch {
    return undefined;
  }
}
