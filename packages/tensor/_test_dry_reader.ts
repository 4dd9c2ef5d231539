import {
  type Device,
  keep,
  Linear,
  type ParameterReader,
  Tensor,
} from "./mod.ts";

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
    "at" | "apart" | "has" | "load" | "linear" | "loaded"
  > = {
    at: () => reader as ParameterReader,
    apart: (other = device) => dryReader(other),
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
