import type { DType } from "@edit-transfer/weights";
import type { LoraStyle } from "./lora_style.ts";

/** One of the two factors of a low-rank update. */
export interface LoraMatrix {
  /** Element type, as stored. */
  readonly dtype: Extract<DType, "F32" | "F16" | "BF16">;
  /** Rows and columns. */
  readonly shape: readonly [number, number];
  /** Elements in row-major order; f16 and bf16 as 16-bit patterns. */
  readonly data: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

/** The low-rank update of one layer, `ΔW = alpha / r · B A`. */
export interface LoraPair {
  /** Down projection, `[r, in]`. */
  readonly A: LoraMatrix;
  /** Up projection, `[out, r]`. */
  readonly B: LoraMatrix;
  /** Strength that the update was trained with; r gives B A itself. */
  readonly alpha: number;
  /** What B A is multiplied by: alpha / r, or alpha / √r for rsLoRA. */
  readonly scaling: number;
}

/** A LoRA in memory. */
export interface LoraFile {
  /** File it was read from, for messages. */
  readonly path: string;
  /** Whose names the file uses. */
  readonly style: LoraStyle;
  /** Largest rank r of its layers. */
  readonly rank: number;
  /** Free text of the file, as it stands. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Model it was trained on, if the file says so. */
  readonly baseModel: string | undefined;
  /** How panels were encoded in training, `"panel"` or `"grid"`. */
  readonly panelMode: string | undefined;
  /** Side of a panel in training, in pixels. */
  readonly panelSize: number | undefined;
  /** Guidance embedding in training. */
  readonly guidance: number | undefined;
  /** How the answer saw text and given panels in training. */
  readonly conditions?: "joint" | "kept" | undefined;
  /** Noise level that kept text and panels were told in training. */
  readonly conditionSigma?: number | undefined;
  /** Caption with a place `{edit}` for the edit. */
  readonly template: string | undefined;
  /** SHA-256 of the model it was trained on. */
  readonly baseModelHash: string | undefined;
  /** Steps it was trained for. */
  readonly step: number | undefined;
  /** Updates by the path of the layer, e.g. `transformer_blocks.0.attn.to_q`. */
  readonly pairs: ReadonlyMap<string, LoraPair>;
}
