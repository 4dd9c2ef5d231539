import type { Tensor } from "@edit-transfer/tensor";

/** Options of the `forward` methods of the text encoders. */
export interface TextForwardOptions {
  /**
   * Called with the name and the output `[B, T, C]` of each stage; to use the
   * output later, start its download or `keep` a reshaped twin.
   */
  readonly onStage?: ((name: string, output: Tensor) => void) | undefined;
}
