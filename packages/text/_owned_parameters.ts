import type { Linear, ParameterReader, Tensor } from "@edit-transfer/tensor";

/** Loads parameters and frees them together. */
export class OwnedParameters implements Disposable {
  readonly #tensors: Tensor[] = [];

  /** {@linkcode ParameterReader.load}, owned. */
  async load(
    reader: ParameterReader,
    name: string,
    shape: readonly number[],
    options: { readonly dtype?: "f32" | "stored" | undefined } = {},
  ): Promise<Tensor> {
    const tensor = await reader.load(name, shape, options);
    this.#tensors.push(tensor);
    return tensor;
  }

  /** {@linkcode ParameterReader.linear}, owned, the weight as it is stored. */
  async linear(
    reader: ParameterReader,
    name: string,
    outFeatures: number,
    inFeatures: number,
    options: { readonly bias?: boolean | undefined } = {},
  ): Promise<Linear> {
    const layer = await reader.linear(name, outFeatures, inFeatures, {
      ...options,
      dtype: "stored",
    });
    this.#tensors.push(layer.weight);
    if (layer.bias !== undefined) this.#tensors.push(layer.bias);
    return layer;
  }

  /** Frees what was loaded. */
  [Symbol.dispose](): void {
    for (const tensor of this.#tensors.splice(0)) tensor.dispose();
  }
}
