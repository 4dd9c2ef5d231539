import type { DatasetEncoder } from "@edit-transfer/dataset";
import { blankImage, encodePng, tileGrid } from "@edit-transfer/image";
import type { TrainModel } from "@edit-transfer/training";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TestTrainer } from "../../packages/training/_test_trainer.ts";

/** A model whose latents are the first levels of the panels. */
export class TestModel implements TrainModel {
  readonly hash: string;
  readonly panelSize = 8;
  readonly tokenSize = 8;
  readonly encoder: DatasetEncoder = {
    latentModel: "vae",
    textModel: "text",
    encodeImages: (images) =>
      Promise.resolve(images.map(({ data }) => ({
        shape: [1, 1, 1],
        data: Float32Array.of(data[0]!),
      }))),
    encodeCaption: (caption) => {
      const one = { shape: [1, 1], data: Float32Array.of(caption.length) };
      return Promise.resolve({ pooled: one, states: one });
    },
  };
  readonly template = "{edit}";
  readonly embedsGuidance = true;
  readonly notices = [];
  readonly tokenize: TrainModel["tokenize"] = (caption) => {
    const maxLength = 12; // characters
    const ids = caption.slice(0, maxLength);
    const length = { count: caption.length, maxLength };
    return Promise.resolve({ ids, clip: length, t5: length });
  };
  readonly #options: ConstructorParameters<typeof TestTrainer>[0];

  constructor(
    options: ConstructorParameters<typeof TestTrainer>[0] & {
      readonly hash?: string;
    } = {},
  ) {
    this.#options = options;
    this.hash = options.hash ?? "0123456789abcdef";
  }

  trainer(): Promise<TestTrainer> {
    return Promise.resolve(new TestTrainer(this.#options));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Writes a data set of composites and a config for it; returns the config's path. */
export async function writeRun(
  folder: string,
  { tasks = 5, train = "", save = "save_every: 4" }: {
    readonly tasks?: number;
    /** Lines of YAML's flow style for the train section. */
    readonly train?: string;
    readonly save?: string;
  } = {},
): Promise<string> {
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  for (let i = 0; i < tasks; i++) {
    const panel = (level: number) => blankImage(8, 8, [level + 10 * i, 0, 0]);
    const grid = tileGrid([panel(1), panel(2), panel(3), panel(4)]);
    const name = String(i).padStart(4, "0");
    await writeFile(join(data, `${name}.png`), await encodePng(grid));
    await writeFile(join(data, `${name}.txt`), `caption ${i % 3}`);
  }
  const path = join(folder, "config.yaml");
  await writeFile(
    path,
    `
config:
  name: run
  process:
    - type: sd_trainer_inpaint
      training_folder: ${JSON.stringify(join(folder, "out"))}
      network: { linear: 2 }
      save: { ${save} }
      datasets: [{ folder_path: ${
      JSON.stringify(data)
    }, caption_dropout_rate: 0.3 }]
      train: { steps: 20, lr: 1e-2, batch_size: 2${train && `, ${train}`} }
      model: { name_or_path: none }
      sample: { sample_every: 10, count: 2 }
`,
  );
  return path;
}
