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

/** What any update may have besides its weight. */
export interface UpdateExtras {
  /** What is added to the bias, `[out]`, its factor included. */
  readonly bias?: Float32Array<ArrayBuffer> | undefined;
  /** What makes a DoRA of it. */
  readonly magnitude?: Magnitude | undefined;
}

/** Norms that the rows, or the columns, of the changed weight are given. */
export interface Magnitude {
  /** The norms, `[out]` or `[in]`. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Whether they are of rows, one for each output, or of columns. */
  readonly axis: "out" | "in";
  /**
   * Meaning of a factor s of the whole LoRA: of ΔW before norms are taken, as
   * in PEFT, or of the change that s = 1 makes, as in ComfyUI.
   */
  readonly manner: "peft" | "lycoris";
  /** Keys of all layers of the module that columns go through. */
  readonly layers: readonly string[];
}

/** Low rank: `ΔW = scaling · B A`. */
export interface LowRankUpdate extends UpdateExtras {
  /** Always `"lowRank"`. */
  readonly kind: "lowRank";
  /** Down projection, `[r, in]`. */
  readonly A: LoraMatrix;
  /** Up projection, `[out, r]`. */
  readonly B: LoraMatrix;
  /** Strength that the update was trained with; r gives B A itself. */
  readonly alpha: number;
  /** What B A is multiplied by: alpha / r, or alpha / √r for rsLoRA. */
  readonly scaling: number;
}

/** LoHa: `ΔW = scaling · (w1a w1b) ∘ (w2a w2b)`, `[out, r] [r, in]` each. */
export interface HadamardUpdate extends UpdateExtras {
  /** Always `"hadamard"`. */
  readonly kind: "hadamard";
  /** First factor, `[out, r]`. */
  readonly w1a: LoraMatrix;
  /** First factor, `[r, in]`. */
  readonly w1b: LoraMatrix;
  /** Second factor, `[out, r]`. */
  readonly w2a: LoraMatrix;
  /** Second factor, `[r, in]`. */
  readonly w2b: LoraMatrix;
  /** Strength that the update was trained with. */
  readonly alpha: number;
  /** What the product is multiplied by, alpha / r. */
  readonly scaling: number;
}

/** A factor of a {@linkcode KroneckerUpdate}: a matrix, or `a b`. */
export type KroneckerFactor =
  | readonly [whole: LoraMatrix]
  | readonly [a: LoraMatrix, b: LoraMatrix];

/** Runs of rows, each from a start to an end, one after the other. */
export type Rows = readonly (readonly [start: number, end: number])[];

/** LoKr: `ΔW = scaling · w1 ⊗ w2`, of which a layer may have some rows. */
export interface KroneckerUpdate extends UpdateExtras {
  /** Always `"kronecker"`. */
  readonly kind: "kronecker";
  /** Left factor. */
  readonly w1: KroneckerFactor;
  /** Right factor. */
  readonly w2: KroneckerFactor;
  /** Rows of the product that are the layer's; all if absent. */
  readonly rows?: Rows | undefined;
  /** Strength that the update was trained with. */
  readonly alpha: number;
  /** What the product is multiplied by, alpha / r; 1 if no factor has a rank. */
  readonly scaling: number;
}

/** ΔW itself, `[out, in]`. */
export interface FullUpdate extends UpdateExtras {
  /** Always `"full"`. */
  readonly kind: "full";
  /** The difference. */
  readonly diff: LoraMatrix;
}

/** Of a norm: what is added to its gain, or takes its place, `[n]`. */
export interface GainUpdate extends UpdateExtras {
  /** Always `"gain"`. */
  readonly kind: "gain";
  /** The values. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Whether they take the place of the gain. */
  readonly replaces: boolean;
}

/** A difference of the bias alone. */
export interface BiasUpdate extends UpdateExtras {
  /** Always `"bias"`. */
  readonly kind: "bias";
  /** What is added to the bias, `[out]`. */
  readonly bias: Float32Array<ArrayBuffer>;
}

/** How a LoRA changes one layer. */
export type LayerUpdate =
  | LowRankUpdate
  | HadamardUpdate
  | KroneckerUpdate
  | FullUpdate
  | GainUpdate
  | BiasUpdate;

/** An array that is no update of a layer. */
export interface LoraExtra {
  /** Its name in the file. */
  readonly key: string;
  /** What it is. */
  readonly reason: string;
  /** Whether the LoRA is the same without it. */
  readonly harmless: boolean;
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
  /** Extents of panels in training, where not all were squares of that side. */
  readonly panelShapes?: string | undefined;
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
  /**
   * Updates by the path of the layer, e.g. `transformer_blocks.0.attn.to_q`;
   * those of CLIP and T5 begin with `text_encoder.` and `text_encoder_2.`.
   */
  readonly layers: ReadonlyMap<string, LayerUpdate>;
  /** Arrays that change no layer of a FLUX model, and why. */
  readonly extras: readonly LoraExtra[];
  /** What a user should know about the file. */
  readonly notices: readonly string[];
}
