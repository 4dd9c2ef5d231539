import type { Image } from "@edit-transfer/image";
import type { Case } from "./case.ts";

/** How a case is edited. */
export interface EditCaseOptions {
  /** Seed of the noise. */
  readonly seed: number;
  /** Whether the words of the edit are told; true by default. */
  readonly words?: boolean | undefined;
  /** Whether the LoRA is applied; true by default. */
  readonly lora?: boolean | undefined;
  /** Stops the edit with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is evaluated: a model, or anything that answers cases. */
export interface Editor {
  /** The query after the edit that the example shows. */
  edit(one: Case, options: EditCaseOptions): Promise<Image>;
  /** A picture through the autoencoder and back. */
  reconstruct(picture: Image): Promise<Image>;
}
