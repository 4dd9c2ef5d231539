import { type Device, Tensor } from "@edit-transfer/tensor";
import type { Golden } from "@edit-transfer/testing";
import type { FluxInputs } from "./flux_inputs.ts";

/** Inputs of text and image that all see each other. */
export type JointInputs =
  & FluxInputs
  & Required<Pick<FluxInputs, "txt" | "txtIds">>;

/** The inputs of a golden case, owned by the caller. */
export function goldenInputs(
  device: Device,
  { arrays, shapes, metadata }: Pick<Golden, "shapes" | "metadata"> & {
    readonly arrays: Readonly<Record<string, Float32Array>>;
  },
): JointInputs & Disposable {
  const tensor = (name: string) =>
    Tensor.from(device, arrays[name]!, { shape: shapes[name]! });
  const ids = (name: string) =>
    Array.from(
      { length: shapes[name]![0]! },
      (_, i) => [...arrays[name]!.slice(3 * i, 3 * i + 3)],
    );
  const [img, txt, pooled] = [tensor("img"), tensor("txt"), tensor("pooled")];
  return {
    img,
    txt,
    pooled,
    imgIds: ids("img_ids"),
    txtIds: ids("txt_ids"),
    timestep: Number(metadata.timestep),
    ...(metadata.guidance && { guidance: Number(metadata.guidance) }),
    [Symbol.dispose]() {
      for (const tensor of [img, txt, pooled]) tensor.dispose();
    },
  };
}
