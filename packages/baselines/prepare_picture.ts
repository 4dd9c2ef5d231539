import { imageLayout } from "@edit-transfer/composite";
import {
  checkPair,
  fitPicture,
  giveBack,
  type Image,
  matchSize,
} from "@edit-transfer/image";
import {
  decodePanel,
  type EditInputs,
  encodePanel,
  type Pipeline,
  type TextConditioning,
} from "@edit-transfer/pipeline";
import type { MethodResult, PreparedMethod } from "./method.ts";
import { Task } from "./task.ts";
import { valuesOf, type Walk } from "./walk.ts";

/** What a method sees: before, after and query as panels of one size. */
export interface Panels {
  /** Side of a square panel in pixels; others have its area. */
  readonly panelSize: number;
  readonly panels: readonly [before: Image, after: Image, query: Image];
  /** The query, at whose size the answer is given back; undefined for a panel's. */
  readonly whole: Image | undefined;
}

/** Example and query as panels. */
export async function panelsOf(
  pipeline: Pipeline,
  inputs: EditInputs,
): Promise<Panels> {
  const { panelSize: side = pipeline.panelSize, fit = "match", query } = inputs;
  const { tokenSize: multiple } = pipeline;
  if (side % multiple !== 0) {
    throw new RangeError(
      `Cannot divide a picture into tokens as its sides must be multiples of ${multiple} pixels: got ${side}`,
    );
  }
  checkPair(["before", inputs.before], ["after", inputs.after]);
  const size = inputs.panel ??
    (fit === "match"
      ? matchSize(query, { side, multiple })
      : { width: side, height: side });
  const panel = (image: Image) => fitPicture(image, size, fit);
  return {
    panelSize: side,
    panels: [
      await panel(inputs.before),
      await panel(inputs.after),
      await panel(query),
    ],
    whole: fit === "match" || fit === "whole" ? query : undefined,
  };
}

/** How a picture is made by a method. */
export interface PicturePlan extends Panels {
  /** Captions of the query and of the answer. */
  readonly captions: { readonly source: string; readonly target: string };
  /** Picture whose latents are clean tokens. */
  readonly picture: Image;
  /** Its latents, `[c, H, W]`; by default those of the whole picture. */
  readonly encode?: (() => Promise<Float32Array>) | undefined;
  /** Latents of the answer in those that were made, and its picture. */
  readonly answer?:
    | ((latents: Float32Array) => Promise<
      { readonly latents: Float32Array; readonly image: Image }
    >)
    | undefined;
  /** The method. */
  readonly run: (task: Task) => Promise<Walk>;
}

/** Encodes captions and the picture of a method. */
export async function prepareTask(
  pipeline: Pipeline,
  plan: PicturePlan,
): Promise<PreparedMethod> {
  const { panelSize, panels, whole, captions, picture, run } = plan;
  const { device, folder } = pipeline;
  const { latentChannels, downscale } = folder.vae.config;
  const start = performance.now();
  using texts = new DisposableStack();
  const encodeText = async (caption: string) =>
    texts.use(await pipeline.encodeText(caption));
  const source: TextConditioning = await encodeText(captions.source);
  const target: TextConditioning = await encodeText(captions.target);
  const textDone = performance.now();
  const encode = plan.encode ??
    (async () => await encodePanel(await pipeline.vae(), picture, device));
  const clean = await encode(); // [c, H, W]
  const layout = imageLayout([
    latentChannels,
    picture.height / downscale,
    picture.width / downscale,
  ]);
  const decode = async (latents: Float32Array) =>
    await decodePanel(await pipeline.vae(), latents, {
      shape: layout.shape,
      device,
    });
  const answer = plan.answer ?? (async (latents) => ({
    latents,
    image: await decode(latents),
  }));
  const timings = {
    text: textDone - start,
    encode: performance.now() - textDone,
  };
  const owned = texts.move();
  return {
    prompt: captions.target,
    panelSize,
    panels,
    notices: [...target.notices, ...device.notices ?? []],
    timings,
    async run(options = {}): Promise<MethodResult> {
      const began = performance.now();
      using task = new Task({
        device,
        config: folder.transformer.config,
        scheduler: folder.scheduler,
        transformer: () => pipeline.transformer(),
        source,
        target,
        layout,
        clean,
        decode: async (tokens) => (await answer(layout.answer(tokens))).image,
      }, options);
      using walk = await run(task);
      const tokens = await valuesOf(walk.x); // [I, 4c]
      const denoised = performance.now();
      const { latents, image } = await answer(layout.answer(tokens));
      return {
        image: whole === undefined ? image : await giveBack(image, whole),
        panel: image,
        latents,
        timings: {
          denoise: denoised - began,
          decode: performance.now() - denoised,
        },
      };
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** Encodes what a method needs that words alone drive: query and captions. */
export async function preparePicture(
  pipeline: Pipeline,
  inputs: EditInputs,
  { options, run }: {
    readonly options: { readonly source: string; readonly target: string };
    readonly run: (task: Task) => Promise<Walk>;
  },
): Promise<PreparedMethod> {
  const seen = await panelsOf(pipeline, inputs);
  const { edit = "", prompt } = inputs;
  const target = prompt ?? options.target.replaceAll("{edit}", () => edit);
  return await prepareTask(pipeline, {
    ...seen,
    captions: { source: options.source, target },
    picture: seen.panels[2],
    run,
  });
}
