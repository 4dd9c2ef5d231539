import {
  type AttachedLora,
  attachLora,
  loraPart,
  type ModelPart,
  resolveGains,
  weightReader,
} from "@edit-transfer/lora";
import type { Device, Gain, Linear } from "@edit-transfer/tensor";
import type { WeightSource } from "@edit-transfer/weights";
import type { OpenedLora } from "./open_loras.ts";

/** Adds what of a LoRA changes one part of a model; nothing, if it does not. */
export async function attachPart(
  layers: ReadonlyMap<string, Linear | Gain>,
  lora: OpenedLora,
  { part, weights, device }: {
    part: ModelPart;
    weights: WeightSource;
    device: Device;
  },
): Promise<AttachedLora> {
  const { scale, match } = lora;
  const taken = new Set(match.matched);
  const kept = [...lora.layers].filter(([key]) => taken.has(key));
  const file = loraPart({ path: lora.path, layers: new Map(kept) }, part);
  const nothing = () => {};
  if (file.layers.size === 0) {
    return {
      matched: 0,
      unmatched: [],
      detach: nothing,
      [Symbol.dispose]: nothing,
    };
  }
  // a plan needs no values
  const weightOf = device.dry
    ? (path: string) => Promise.resolve(zeros(layers.get(path)!))
    : weightReader(weights);
  const gains = await resolveGains(file, { weightOf, scale });
  return attachLora(layers, file, { scale, device, gains });
}

function zeros({ weight }: Linear | Gain): Float32Array<ArrayBuffer> {
  return new Float32Array(weight.size);
}
