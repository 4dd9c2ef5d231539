import {
  type Quad,
  quadLayout,
  splitQuad,
  tileQuad,
} from "@edit-transfer/composite";
import { blankImage, type Image, tileGrid } from "@edit-transfer/image";
import {
  decodePanel,
  encodePanel,
  encodePanels,
  type Pipeline,
} from "@edit-transfer/pipeline";
import { add, affine, mul, scope, type Tensor } from "@edit-transfer/tensor";
import { defineMethod } from "./method.ts";
import {
  choice,
  guidance,
  number,
  type OptionsOf,
  steps,
} from "./method_options.ts";
import { noised } from "./noised.ts";
import { packedNoise } from "./packed_noise.ts";
import { panelsOf, prepareTask } from "./prepare_picture.ts";
import { firstStep } from "./sd_edit.ts";
import type { Task } from "./task.ts";
import type { Walk } from "./walk.ts";

const OPTIONS = {
  steps: steps(35),
  guidance: guidance(3.5, "guidance scale"),
  strength: number(1, [0, 1], "share of the steps that are run"),
  known: choice(
    "renoised",
    ["renoised", "clean"],
    "given panels at each step: at its noise level, or clean as in Edit Transfer",
  ),
  panels: choice(
    "together",
    ["together", "alone"],
    "whether the autoencoder sees the four panels as one picture",
  ),
};

/** FLUX without fine-tuning: the fourth panel of the composite is in-painted. */
export const FLUX_INPAINT = defineMethod({
  name: "flux-inpaint",
  title: "FLUX without fine-tuning",
  source: "huggingface/diffusers@v0.42.1, pipeline_flux_inpaint.py",
  options: OPTIONS,
  drawsNoise: true,
  async prepare(pipeline, inputs, options) {
    const seen = await panelsOf(pipeline, inputs);
    const { edit, prompt } = inputs;
    const target = prompt ??
      (edit === undefined ? "" : await pipeline.fillTemplate(edit));
    const { latentChannels, downscale } = pipeline.folder.vae.config;
    const { width, height } = seen.panels[2];
    const shape = [
      latentChannels,
      height / downscale,
      width / downscale,
    ] as const;
    const { mask } = quadLayout(shape); // [I]
    const grey = blankImage(width, height, [127, 127, 127]);
    const all = [...seen.panels, grey] as const;
    const { encode, decode } = codecOf(pipeline, { shape, ...options });
    return await prepareTask(pipeline, {
      ...seen,
      captions: { source: "", target },
      picture: tileGrid(all),
      encode: () => encode(all),
      answer: decode,
      run: (task) => fluxInpaint(task, { ...options, mask }),
    });
  },
});

/** Encodes and decodes the four panels, together or each alone. */
function codecOf(
  pipeline: Pipeline,
  { panels, shape }: {
    readonly panels: "together" | "alone";
    /** Extents of the latents of a panel. */
    readonly shape: readonly [c: number, h: number, w: number];
  },
) {
  const { device } = pipeline;
  const [c, h, w] = shape;
  return {
    /** Latents of the composite, `[c, 2h, 2w]`. */
    async encode(all: Quad<Image>): Promise<Float32Array> {
      const vae = await pipeline.vae();
      if (panels === "together") {
        return await encodePanel(vae, tileGrid(all), device);
      }
      const [before, after, query, answer] = await encodePanels(
        vae,
        all,
        device,
      );
      return tileQuad([before!, after!, query!, answer!], shape);
    },
    /** Latents and picture of the fourth panel. */
    async decode(latents: Float32Array) {
      const vae = await pipeline.vae();
      const own = splitQuad(latents, shape)[3]; // [c, h, w]
      if (panels === "alone") {
        const image = await decodePanel(vae, own, { shape, device });
        return { latents: own, image };
      }
      const whole = await decodePanel(vae, latents, {
        shape: [c, 2 * h, 2 * w],
        device,
      });
      return { latents: own, image: lastPanel(whole) };
    },
  };
}

/** The bottom-right quarter of a picture. */
function lastPanel({ width, height, data }: Image): Image {
  const [w, h] = [width / 2, height / 2];
  const panel = new Uint8Array(w * h * 3);
  for (let y = 0; y < h; y++) {
    const at = ((h + y) * width + w) * 3;
    panel.set(data.subarray(at, at + w * 3), y * w * 3);
  }
  return { width: w, height: h, data: panel };
}

/**
 * Latents of the composite, in a walk that is the caller's: after each step to
 * σ', tokens outside the mask are `(1 − σ') z + σ' ε` again, or z where they are
 * to be clean.
 */
export async function fluxInpaint(
  task: Task,
  options: Omit<OptionsOf<typeof OPTIONS>, "panels"> & {
    /** 1 for tokens that are made, `[I]`. */
    readonly mask: Float32Array;
  },
  noise: Float32Array = packedNoise(task),
): Promise<Walk> {
  const { steps, strength, guidance, known } = options;
  const first = firstStep(steps, strength);
  if (first === steps) {
    throw new RangeError(
      `Cannot run flux-inpaint as a step at least must be run: got ${steps} steps of strength ${strength}`,
    );
  }
  const sigmas = task.sigmas(steps);
  const velocity = task.velocity({ caption: task.parts.target, guidance });
  using epsilon = task.tokens(noise); // [1, I, 4c]
  using mask = task.tokens(options.mask); // [1, I, 1]
  const { clean } = task;
  const putBack = (x: Tensor, sigma: number) => {
    const given = known === "clean" ? clean : noised(clean, epsilon, sigma);
    const rest = affine(mask, -1, 1); // [1, I, 1]
    return add(mul(x, mask), mul(given, rest)); // [1, I, 4c]
  };
  const start = scope(() =>
    putBack(noised(clean, epsilon, sigmas[first]!), sigmas[first]!)
  );
  const walk = task.walk(start, steps - first);
  return await walk.through(async () => {
    for (let i = first; i < steps; i++) {
      const [from, to] = [sigmas[i]!, sigmas[i + 1]!];
      const v = await velocity(walk.x, from);
      await walk.step(v, { from, to, after: (x) => putBack(x, to) });
    }
  });
}
