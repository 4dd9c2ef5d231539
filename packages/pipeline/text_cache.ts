import { type Device, Tensor } from "@edit-transfer/tensor";
import { conditioning, type TextConditioning } from "./text_conditioning.ts";

/** Prompts that are remembered; FLUX.1 has 8 MiB of states for each. */
const MAX_PROMPTS = 8;

/** What decides what encoders make of a prompt. */
export interface TextKey {
  readonly prompt: string;
  /** Identity of the LoRAs of the encoders, `""` without. */
  readonly loras: string;
}

/** What encoders made of a prompt, in host memory. */
export interface TextEntry {
  readonly pooled: HostArray;
  readonly states: HostArray;
  readonly notices: readonly string[];
}

/** An array in host memory. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** What the encoders made of the last prompts, in host memory. */
export class TextCache {
  readonly #entries = new Map<string, TextEntry>();

  /** What is remembered of a prompt. */
  get({ prompt, loras }: TextKey): TextEntry | undefined {
    return this.#entries.get(`${loras} ${prompt}`);
  }

  /** Remembers a prompt in place of the oldest. */
  add({ prompt, loras }: TextKey, entry: TextEntry): void {
    const key = `${loras} ${prompt}`;
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size === MAX_PROMPTS) this.#entries.delete(oldest!);
    this.#entries.set(key, entry);
  }
}

/** Uploads what was made of a prompt, owned by the caller. */
export function upload(entry: TextEntry, device: Device): TextConditioning {
  const [pooled, states] = [entry.pooled, entry.states].map((
    { values, shape },
  ) => Tensor.from(device, values, { shape })) as [Tensor, Tensor];
  return conditioning(pooled, states, entry.notices);
}

/** Downloads what was made of a prompt. */
export async function download(
  { pooled, states, notices }: TextConditioning,
): Promise<TextEntry> {
  const host = async (tensor: Tensor) => ({
    shape: tensor.shape,
    values: Float32Array.from(await tensor.data()),
  });
  return { pooled: await host(pooled), states: await host(states), notices };
}
