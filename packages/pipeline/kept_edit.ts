import { takeRows, type TokenLayout } from "@edit-transfer/composite";
import type { FluxTokens, KeptTokens } from "@edit-transfer/dit";
import { concat, keep, Tensor } from "@edit-transfer/tensor";
import type { Pipeline } from "./pipeline.ts";
import type { TextConditioning } from "./text_conditioning.ts";
import { textIds, type Velocity } from "./velocity.ts";

/**
 * Type of kept keys and values, on every device and in files, so that an edit
 * from a file gives the bytes of the edit that wrote it.
 */
const KEPT = "f16";

/** Guidance scale that kept text and panels are told. */
export const KEPT_GUIDANCE = 1;

/** Text and example of an edit, computed once: all that answers see of them. */
export interface KeptEdit extends Disposable {
  /** CLIP's vector of the caption, `[1, C]`. */
  readonly pooled: Tensor;
  /** Keys and values of text, before and after. */
  readonly tokens: KeptTokens;
  /** Noise level that they were told. */
  readonly sigma: number;
  /** Where the tokens of its pictures stand. */
  readonly layout: TokenLayout;
}

/** Clean tokens of a layout of which some panels are known, `[I, 4c]`. */
function cleanTokens(
  layout: TokenLayout,
  panels: readonly (ArrayLike<number> | undefined)[],
): Float32Array {
  const size = layout.answerShape.reduce((a, b) => a * b);
  const whole = layout.shape.reduce((a, b) => a * b);
  return layout.compose(
    panels.map((panel) => panel ?? new Float32Array(size)),
    { noise: new Float32Array(whole), sigma: 0 },
  ).clean;
}

/** Tokens of a turn of the layout, on the device, `[1, n, 4c]`. */
function turnOf(
  pipeline: Pipeline,
  layout: TokenLayout,
  { turn, clean }: { readonly turn: number; readonly clean: Float32Array },
): { img: Tensor; imgIds: readonly (readonly number[])[] } {
  const rows = layout.turns[turn]!;
  const width = 4 * layout.shape[0];
  return {
    img: Tensor.from(pipeline.device, takeRows(clean, rows, width), {
      shape: [1, rows.length, width],
    }),
    imgIds: rows.map((row) => layout.ids[row]!),
  };
}

/**
 * Computes text and example of an edit once: the text sees itself, before and
 * after see the text and each other.
 *
 * @param pipeline Model to edit with.
 * @param encoded Conditioning of the caption; latents of before and after, each
 * `[c, h, w]`; their layout.
 * @param options Noise level that they are told, by default the pipeline's.
 * @returns What answers see of them, owned by the caller.
 */
export async function keepEdit(
  pipeline: Pipeline,
  { text, latents: [before, after], layout }: {
    readonly text: TextConditioning;
    readonly latents: readonly [Float32Array, Float32Array, ...unknown[]];
    readonly layout: TokenLayout;
  },
  { sigma = pipeline.defaults.conditionSigma, signal }: {
    readonly sigma?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<KeptEdit> {
  const { pooled, states } = text;
  const shared = { pooled, timestep: sigma, guidance: KEPT_GUIDANCE };
  const clean = cleanTokens(layout, [before, after, undefined]);
  const pair = turnOf(pipeline, layout, { turn: 0, clean });
  using _ = pair.img;
  const words: FluxTokens = {
    ...shared,
    txt: states,
    txtIds: textIds(states.shape[1]!),
  };
  const transformer = await pipeline.transformer();
  const tokens = await transformer.keep([words, { ...shared, ...pair }], {
    dtype: KEPT,
    signal,
  });
  const own = keep(concat([pooled], 0)); // [1, C]
  return {
    pooled: own,
    tokens,
    sigma,
    layout,
    [Symbol.dispose]() {
      own.dispose();
      tokens[Symbol.dispose]();
    },
  };
}

/**
 * Computes the query of an edit once; it sees text, example and itself.
 *
 * @param pipeline Model to edit with.
 * @param edit From {@linkcode keepEdit}.
 * @param query Latents, `[c, h, w]`.
 * @param signal Stops before the next block.
 * @returns What answers see of it, owned by the caller.
 */
export async function keepQuery(
  pipeline: Pipeline,
  { pooled, tokens, sigma, layout }: KeptEdit,
  query: Float32Array,
  signal?: AbortSignal,
): Promise<KeptTokens> {
  const clean = cleanTokens(layout, [undefined, undefined, query]);
  const turn = turnOf(pipeline, layout, { turn: 1, clean });
  using _ = turn.img;
  const transformer = await pipeline.transformer();
  return await transformer.keep(
    [{ pooled, timestep: sigma, guidance: KEPT_GUIDANCE, ...turn }],
    { kept: [tokens], dtype: KEPT, signal },
  );
}

/** Velocity of answers, `[B, n, 4c]`, that see what is kept and themselves. */
export function keptVelocity(
  pipeline: Pipeline,
  { edit: { pooled, tokens, layout }, query, guidance, signal }: {
    readonly edit: KeptEdit;
    readonly query: KeptTokens;
    /** Guidance scale for a model that embeds it. */
    readonly guidance: number;
    readonly signal: AbortSignal | undefined;
  },
): Velocity {
  const imgIds = layout.turns.at(-1)!.map((row) => layout.ids[row]!);
  return async (img, timestep) => {
    const transformer = await pipeline.transformer();
    using all = concat(Array(img.shape[0]).fill(pooled), 0); // [B, C]
    return await transformer.velocity({
      img,
      pooled: all,
      timestep,
      guidance,
      imgIds,
      kept: [tokens, query],
    }, { signal }); // [B, n, 4c]
  };
}
