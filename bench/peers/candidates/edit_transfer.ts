import {
  cast,
  type DenseDType,
  linear,
  openDevice,
  Tensor,
} from "@edit-transfer/tensor";
import { type Candidate, firstElement, matrix } from "../candidate.ts";

/** This project on a device, with weights of a type. */
export async function editTransfer(
  choice: "cpu" | "webgpu",
  { threads, dtype = "f32" }: {
    readonly threads?: number | undefined;
    readonly dtype?: DenseDType | undefined;
  } = {},
): Promise<Candidate> {
  const device = await openDevice(
    choice,
    threads === undefined ? {} : { threads },
  );
  const types = dtype === "f32" ? "f32" : `f32 × ${dtype}`;
  return {
    name: choice === "cpu"
      ? `edit-transfer ${device.name}`
      : `edit-transfer webgpu, ${types}`,
    prepare(M, K, N) {
      const x = Tensor.from(device, matrix(M * K), { shape: [M, K] });
      const wide = Tensor.from(device, matrix(N * K), { shape: [N, K] });
      const weight = dtype === "f32" ? wide : cast(wide, dtype);
      return {
        run: () => linear(x, weight).dispose(), // [M, N]
        wait: () => device.sync(),
        async check() {
          using y = linear(x, weight);
          return [(await y.data())[0]!, firstElement(K, 1)];
        },
      };
    },
  };
}
