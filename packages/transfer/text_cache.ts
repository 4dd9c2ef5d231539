import { type Device, keep, Tensor } from "@edit-transfer/tensor";
import type { TextConditioning } from "./text_conditioning.ts";

/** Prompts that are remembered; FLUX.1 has 8 MiB of states for each. */
const MAX_PROMPTS = 8;

interface Entry {
  readonly pooled: HostArray;
  readonly states: HostArray;
  readonly notices: readonly string[];
}

interface HostArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What the encoders made of the last prompts, in host memory. */
export class TextCache {
  readonly #entries = new Map<string, Entry>();

  /** Whether a prompt is remembered. */
  has(prompt: string): boolean {
    return this.#entries.has(prompt);
  }

  /** Remembers a prompt in place of the oldest. */
  async add(prompt: string, text: TextConditioning): Promise<void> {
    const { pooled, states, notices } = text;
    const entry = {
      pooled: await download(pooled),
      states: await download(states),
      notices,
    };
    const [oldest] = this.#entries.keys();
    if (this.#entries.size === MAX_PROMPTS) this.#entries.delete(oldest!);
    this.#entries.set(prompt, entry);
  }

  /** Uploads what was remembered of a prompt, owned by the caller. */
  upload(prompt: string, device: Device): TextConditioning | undefined {
    const entry = this.#entries.get(prompt);
    if (entry === undefined) return undefined;
    const [pooled, states] = [entry.pooled, entry.states].map((
      { values, shape },
    ) => keep(Tensor.from(device, values, { shape }))) as [Tensor, Tensor];
    return conditioning(pooled, states, entry.notices);
  }
}

/** Conditioning that owns its tensors. */
export function conditioning(
  pooled: Tensor,
  states: Tensor,
  notices: readonly string[],
): TextConditioning {
  return {
    pooled: keep(pooled),
    states: keep(states),
    notices,
    [Symbol.dispose]() {
      pooled.dispose();
      states.dispose();
    },
  };
}

async function download(tensor: Tensor): Promise<HostArray> {
  const values = Float32Array.from(await tensor.data());
  return { shape: tensor.shape, values };
}
