import { f32Matrix, widened } from "./_matrix.ts";
import { formOf, isFactored } from "./forms/mod.ts";
import { LoraError } from "./lora_error.ts";
import type { LayerUpdate, LoraMatrix } from "./lora_file.ts";
import type { LoraGains } from "./resolve_gains.ts";

/**
 * What is added to a layer, the factor of the LoRA included:
 * `y += factor · B A x + factor · D x + bias + outGain ∘ (W x) + W (inGain ∘ x)`.
 */
export interface LayerPlan {
  /** The difference in two factors. */
  readonly pair?:
    | { readonly A: LoraMatrix; readonly B: LoraMatrix }
    | undefined;
  /** The difference as a whole, `[out, in]`. */
  readonly whole?: LoraMatrix | undefined;
  /** Factor of either. */
  readonly factor: number;
  /** `[out]`. */
  readonly bias?: Float32Array<ArrayBuffer> | undefined;
  /** `[out]`. */
  readonly outGain?: Float32Array<ArrayBuffer> | undefined;
  /** `[in]`. */
  readonly inGain?: Float32Array<ArrayBuffer> | undefined;
}

/**
 * Plans how a layer runs with an update. Nothing is written into weights, so
 * that quantised ones stay what they are: a difference stands beside them, in
 * two factors where these take less memory than the whole.
 */
export function planLayer(
  update: LayerUpdate,
  { key, path, scale, gains }: {
    key: string;
    path: string;
    scale: number;
    gains: LoraGains;
  },
): LayerPlan {
  const bias = update.bias?.map((value) => value * scale);
  if (update.kind === "bias" || update.kind === "gain") {
    return { factor: 1, bias };
  }
  const form = formOf(update);
  const { magnitude } = update;
  const factors = isFactored(update) ? form.factors!(update) : undefined;
  const factor = scale * (factors?.scaling ?? 1);
  const whole = factors ? undefined : wholeOf(update);
  if (magnitude === undefined) return { pair: factors, whole, factor, bias };
  const gain = gains.get(key);
  if (gain === undefined) {
    throw new LoraError(
      `Cannot attach LoRA "${path}" as "${key}" is a DoRA, which needs the weights of the model: got no gains of it`,
      { path },
    );
  }
  const share = magnitude.manner === "peft" ? 1 : scale;
  const change = gain.map((g) => share * (g - 1));
  if (magnitude.axis === "out") {
    return {
      pair: factors && { A: factors.A, B: rowsTimes(factors.B, gain) },
      whole: whole && rowsTimes(whole, gain),
      factor,
      bias,
      outGain: change,
    };
  }
  return {
    pair: factors && { A: columnsTimes(factors.A, gain), B: factors.B },
    whole: whole && columnsTimes(whole, gain),
    factor,
    bias,
    inGain: change,
  };
}

/** ΔW in the type that it is stored in, or float32. */
function wholeOf(update: LayerUpdate): LoraMatrix {
  if (update.kind === "full") return update.diff;
  const form = formOf(update);
  const shape = form.shape(update) as [number, number];
  return { dtype: "F32", shape, data: form.dense(update) };
}

function rowsTimes(matrix: LoraMatrix, gain: Float32Array): LoraMatrix {
  const { shape, data } = widened(matrix);
  return f32Matrix(shape, (i, j) => data[i * shape[1] + j]! * gain[i]!);
}

function columnsTimes(matrix: LoraMatrix, gain: Float32Array): LoraMatrix {
  const { shape, data } = widened(matrix);
  return f32Matrix(shape, (i, j) => data[i * shape[1] + j]! * gain[j]!);
}
