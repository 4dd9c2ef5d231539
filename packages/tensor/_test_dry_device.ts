import {
  type Device,
  DTYPE_BYTES,
  keep,
  type Kernels,
  Linear,
  type ParameterReader,
  type Storage,
  Tensor,
} from "./mod.ts";

/** A device that allocates and frees as a real one, but computes nothing. */
export function dryDevice(): Device {
  const memory = { tensors: 0, bytes: 0, peakBytes: 0 };
  const nothing = () => {};
  return {
    kind: "cpu",
    name: "dry",
    kernels: new Proxy({}, { get: () => nothing }) as Kernels,
    memory,
    allocate(dtype, length): Storage {
      const sizeBytes = length * DTYPE_BYTES[dtype];
      memory.tensors++;
      memory.bytes += sizeBytes;
      memory.peakBytes = Math.max(memory.peakBytes, memory.bytes);
      return { sizeBytes };
    },
    release({ sizeBytes }): void {
      memory.tensors--;
      memory.bytes -= sizeBytes;
    },
    upload: nothing,
    download: () =>
      Promise.reject(new Error("Internal: a dry device has no values")),
    sync: () => Promise.resolve(),
    destroy: nothing,
  };
}

/** Reads parameters of any name and shape, without values. */
export function dryReader(device: Device): ParameterReader {
  const loaded: Tensor[] = [];
  const load = (shape: readonly number[]) => {
    const tensor = keep(new Tensor(device, shape));
    loaded.push(tensor);
    return tensor;
  };
  const reader: Pick<
    ParameterReader,
    "at" | "has" | "load" | "linear" | "loaded"
  > = {
    at: () => reader as ParameterReader,
    has: () => false,
    load: (_, shape, { axes } = {}) =>
      Promise.resolve(load(axes?.map((axis) => shape[axis]!) ?? shape)),
    linear: (_, outFeatures, inFeatures) =>
      Promise.resolve(
        new Linear(load([outFeatures, inFeatures]), load([outFeatures])),
      ),
    loaded: () => loaded,
  };
  return reader as ParameterReader;
}
