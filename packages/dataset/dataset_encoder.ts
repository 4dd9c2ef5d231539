import type { Image } from "@edit-transfer/image";
import type { HostTensor } from "./host_tensor.ts";

/** A caption as the transformer sees it. */
export interface EncodedCaption {
  /** CLIP's vector, `[C]`. */
  readonly pooled: HostTensor;
  /** T5's states, `[T, C]`. */
  readonly states: HostTensor;
}

/** A change of pictures that all panels of a composite go through alike. */
export interface PanelTransform {
  /** What it does; encodings are kept under it. */
  readonly name: string;
  /** Changes one panel, `[P, P, 3]` to the same. */
  apply(panel: Image): Promise<Image>;
}

/** What turns pictures and captions into numbers. */
export interface DatasetEncoder {
  /** Identity of the weights, and of the device, that make latents. */
  readonly latentModel: string;
  /** Identity of the weights, and of the device, that make text states. */
  readonly textModel: string;
  /**
   * Latents of pictures, each alone: `[h, w, 3]` each to `[c, h / f, w / f]` each.
   *
   * @param images Pictures of one size.
   */
  encodeImages(images: readonly Image[]): Promise<readonly HostTensor[]>;
  /** Encodes a caption. */
  encodeCaption(caption: string): Promise<EncodedCaption>;
}

/**
 * Whether panels are encoded each alone, as in editing, or as one picture, as
 * the reference's training does.
 */
export type PanelMode = "panel" | "joint";
