import { type Device, keep, Tensor } from "@edit-transfer/tensor";

/** Values by the name of the parameter. */
export type LoraValues = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

/** Everything that training changes. */
export interface LoraTrainerState {
  /** A and B of each layer. */
  readonly weights: LoraValues;
  /** Their moving average, if one is kept. */
  readonly average: LoraValues | undefined;
  /** Adam's first moments. */
  readonly moment1: LoraValues;
  /** Adam's second moments. */
  readonly moment2: LoraValues;
}

/** Copies tensors to host memory, by name. */
export async function downloadValues(
  names: readonly string[],
  tensors: readonly Tensor[],
): Promise<LoraValues> {
  const values: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const [i, name] of names.entries()) {
    values[name] = Float32Array.from(await tensors[i]!.data());
  }
  return values;
}

/** Copies values to a device, one tensor for each parameter. */
export function uploadValues(
  parameters: readonly { name: string; shape: readonly number[] }[],
  { device, values }: { device: Device; values: LoraValues },
): Tensor[] {
  return parameters.map(({ name, shape }) => {
    const data = values[name];
    if (data !== undefined) return keep(Tensor.from(device, data, { shape }));
    throw new RangeError(
      `Cannot restore training as every parameter must be there: got none for "${name}"`,
    );
  });
}

/** Other tensors on the same memory. */
export function twins(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => keep(tensor.reshape(tensor.shape)));
}

/** Frees tensors, if there are any. */
export function free(tensors: readonly Tensor[] | undefined): void {
  for (const tensor of tensors ?? []) tensor.dispose();
}
