import {
  type Device,
  type DeviceChoice,
  DeviceError,
  openDevice,
  type OpenDeviceOptions,
} from "@edit-transfer/tensor";

/** Opens a device, and tells its absence from its failure. */
export async function openOrRefuse(
  choice: DeviceChoice,
  options: OpenDeviceOptions = {},
): Promise<Device> {
  try {
    return await openDevice(choice, options);
  } catch (cause) {
    if (!(cause instanceof DeviceError)) throw cause;
    throw new DeviceError(
      `${cause.message}; "edit-transfer doctor" tells what is missing`,
      { cause },
    );
  }
}
