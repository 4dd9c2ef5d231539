import type { TokenLayout } from "@edit-transfer/composite";
import { flowMatchSigmas } from "@edit-transfer/flow";
import type { Image } from "@edit-transfer/image";
import { answerOf } from "./answer_of.ts";
import type { Tensor } from "@edit-transfer/tensor";
import { conditionNotices, type Conditions } from "./conditions.ts";
import { denoise, type DenoiseOptions, itemOf } from "./denoise.ts";
import type { EditResult, EditRunOptions } from "./edit_options.ts";
import { guidanceNotices } from "./guidance_notices.ts";
import { trainingNotices } from "./lora_notices.ts";
import { decodePanel } from "./panel_codec.ts";
import type { Pipeline } from "./pipeline.ts";
import { runSteps } from "./run_steps.ts";

/** What is made of a seed, before it is given back at the size of its query. */
export type MadePanel = Omit<EditResult, "image" | "shift">;

/** Denoises latents and decodes the answers. */
export async function runEdit(
  pipeline: Pipeline,
  { layout, latents, tokens, query, ...flow }:
    & Pick<DenoiseOptions<Image>, "velocity" | "after" | "tokens">
    & {
      readonly layout: TokenLayout;
      /** The query as it was, at whose size previews are given back. */
      readonly query: Image | undefined;
      /** Makes the latents to begin with, `[B, n, 4c]`. */
      readonly latents: () => Tensor;
    },
  options: EditRunOptions & { readonly conditions: Conditions },
): Promise<MadePanel[]> {
  const { device, folder } = pipeline;
  const { steps = pipeline.defaults.steps, signal, onStep } = options;
  const start = performance.now();
  const decodeLatents = async (latents: Float32Array) =>
    await decodePanel(await pipeline.vae(), latents, {
      shape: layout.answerShape,
      device,
    });

  // 1. from noise to data
  const sigmas = flowMatchSigmas(steps, {
    config: folder.scheduler,
    imageTokens: layout.tokens,
  });
  using x = await runSteps(
    denoise({
      ...flow,
      latents: latents(),
      tokens,
      sigmas,
      decode: async (made) =>
        await answerOf(await decodeLatents(layout.answer(made)), query),
      signal,
    }),
    onStep,
  ); // [B, n, 4c]
  const denoised = performance.now();

  // 2. the answers
  const results: MadePanel[] = [];
  const count = x.shape[0]!;
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    const made = tokens(await itemOf(x, index)); // [I, 4c]
    const latents = layout.answer(made); // [c, h, w]
    const panel = await decodeLatents(latents);
    results.push({
      panel,
      latents,
      quad: layout.unpack(made), // [c, 2h, 2w]
      notices: [
        ...trainingNotices(pipeline.loras, {
          panel,
          guidance: options.guidance ?? 1,
          config: folder.transformer.config,
        }),
        ...guidanceNotices(folder.transformer.config, options.guidance),
        ...conditionNotices(options.conditions, pipeline.defaults.conditions),
      ],
      timings: {
        denoise: (denoised - start) / count,
        decode: performance.now() - started,
      },
    });
  }
  return results;
}
