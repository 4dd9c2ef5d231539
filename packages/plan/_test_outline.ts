import {
  dryDevice,
  keep,
  Linear,
  type ParameterReader,
  Tensor,
} from "@edit-transfer/tensor";
import type { DType, WeightSource } from "@edit-transfer/weights";

/** Shapes by name. */
export type Outline = ReadonlyMap<string, readonly number[]>;

/**
 * Names and shapes of the parameters that a model loads, without a checkpoint.
 *
 * @param load Loads the model.
 * @returns Shapes by name, in the order in which they are loaded.
 */
export async function outlineOf(
  load: (reader: ParameterReader) => Promise<Disposable>,
): Promise<Outline> {
  const outline = new Map<string, readonly number[]>();
  const readerAt = (path: string, device = dryDevice()): ParameterReader => {
    const loaded: Tensor[] = [];
    const add = (name: string, shape: readonly number[]) => {
      outline.set(path === "" ? name : `${path}.${name}`, shape);
      const tensor = keep(new Tensor(device, shape));
      loaded.push(tensor);
      return tensor;
    };
    const reader = {
      device,
      path,
      at: (segment: string | number) =>
        readerAt(path === "" ? `${segment}` : `${path}.${segment}`, device),
      apart: () => reader,
      has: () => false,
      load: (
        name: string,
        shape: readonly number[],
        { axes }: { axes?: readonly number[] } = {},
      ) => {
        const tensor = add(name, shape);
        return Promise.resolve(
          axes === undefined
            ? tensor
            : keep(new Tensor(device, axes.map((axis) => shape[axis]!))),
        );
      },
      linear: (
        name: string,
        out: number,
        into: number,
        { bias = true }: { bias?: boolean } = {},
      ) =>
        Promise.resolve(
          bias
            ? new Linear(
              add(`${name}.weight`, [out, into]),
              add(`${name}.bias`, [out]),
            )
            : new Linear(add(`${name}.weight`, [out, into])),
        ),
      loaded: () => loaded,
    };
    return reader as unknown as ParameterReader;
  };
  using _ = await load(readerAt(""));
  return outline;
}

/**
 * Weights that say what they are but cannot be read.
 *
 * @param outline Shapes by name.
 * @param dtype Type of all.
 * @returns The weights.
 */
export function unreadWeights(
  outline: Outline,
  dtype: Extract<DType, "F32" | "BF16" | "F16">,
): WeightSource {
  const refuse = () => Promise.reject(new Error("Cannot read an outline"));
  return {
    path: "outline",
    metadata: {},
    names: () => outline.keys(),
    has: (name) => outline.has(name),
    info: (name) => {
      const shape = outline.get(name)!;
      const size = shape.reduce((n, extent) => n * extent, 1);
      return {
        name,
        dtype,
        shape,
        sizeBytes: size * (dtype === "F32" ? 4 : 2),
      };
    },
    read: refuse,
    readRows: refuse,
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
