import { imageLayout } from "@edit-transfer/composite";
import { checkPair, fitSquare, type Image } from "@edit-transfer/image";
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

/** Squares of a panel's side: before, after, query. */
export async function panelsOf(
  pipeline: Pipeline,
  inputs: EditInputs,
): Promise<{ panelSize: number; panels: [Image, Image, Image] }> {
  const { panelSize = pipeline.panelSize, fit } = inputs;
  const { tokenSize } = pipeline;
  if (panelSize % tokenSize !== 0) {
    throw new RangeError(
      `Cannot divide a picture into tokens as its sides must be multiples of ${tokenSize} pixels: got ${panelSize}`,
    );
  }
  checkPair(["before", inputs.before], ["after", inputs.after]);
  const square = (image: Image) => fitSquare(image, panelSize, { fit });
  const panels: [Image, Image, Image] = [
    await square(inputs.before),
    await square(inputs.after),
    await square(inputs.query),
  ];
  return { panelSize, panels };
}

/** How a picture is made by a method. */
export interface PicturePlan {
  readonly panelSize: number;
  readonly panels: [Image, Image, Image];
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
  const { panelSize, panels, captions, picture, run } = plan;
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
      const made = await answer(layout.answer(tokens));
      return {
        ...made,
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
  const { panelSize, panels } = await panelsOf(pipeline, inputs);
  const { edit = "", prompt } = inputs;
  const target = prompt ?? options.target.replaceAll("{edit}", () => edit);
  return await prepareTask(pipeline, {
    panelSize,
    panels,
    captions: { source: options.source, target },
    picture: panels[2],
    run,
  });
}
