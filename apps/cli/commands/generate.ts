import { required, UsageError } from "@edit-transfer/terminal";
import { type ModelFlags, size, withModelFlags } from "../flags.ts";
import { makePictures, type RunPlan } from "../make_pictures.ts";
import { type EarlierRun, namedModel } from "../open_model.ts";
import { type GenerateRecord, readRecord } from "../record.ts";
import type { Context, Verb } from "../verb.ts";

/** Flags of `generate`. */
interface GenerateFlags extends ModelFlags {
  readonly prompt?: string | undefined;
  readonly size?:
    | { readonly width: number; readonly height: number }
    | undefined;
}

/** What a run will do, from flags and from an earlier run. */
interface GeneratePlan extends RunPlan {
  readonly prompt: string;
  readonly steps: number;
  /** Undefined for the model's own. */
  readonly size: GenerateFlags["size"];
}

/** Guidance where nobody asks for one. */
const GUIDANCE = 3.5;

/** `generate`: a picture from text. */
export const verb: Verb = (command, context) => {
  command
    .option("--prompt <text>", "what to show")
    .option(
      "--size <n | WxH>",
      "size in pixels (default: two panels of the model)",
      size,
    )
    .action((flags) => run(flags, context));
  withModelFlags(command, { guidance: GUIDANCE });
};

async function run(flags: GenerateFlags, context: Context): Promise<void> {
  // 1. flags, and what an earlier run says
  const plan = await planGenerate(flags);
  const { prompt, seeds, steps, guidance, size } = plan;
  const { signal } = context;

  await makePictures({
    name: "generate",
    plan,
    flags,
    stem: "out",
    async memory() {
      const { generateMemory } = await import("../memory_plan.ts");
      return generateMemory({ size, seeds, previewDir: flags.previewDir });
    },

    // 2. text encoded
    async prepare(model) {
      const start = performance.now();
      const text = await model.pipeline.encodeText(prompt);
      return {
        prompt,
        guidance: GUIDANCE,
        notices: text.notices,
        timings: { text: performance.now() - start },
        [Symbol.dispose]: () => text[Symbol.dispose](),

        // 3. a picture a seed, with its record
        atOnce: 1,
        run: async ([seed], onStep) => [
          await model.generate({
            prompt: text,
            seed,
            steps,
            guidance,
            ...size,
            signal,
            onStep,
          }),
        ],
        record({ seed, facts, image }) {
          const { guidance, pathsFrom, ...rest } = facts;
          return {
            command: "generate",
            ...rest,
            prompt,
            seed,
            steps,
            guidance,
            width: image.width,
            height: image.height,
            pathsFrom,
          };
        },
      };
    },
  }, context);
}

/** Merges flags with the record of an earlier run; flags win. */
async function planGenerate(flags: GenerateFlags): Promise<GeneratePlan> {
  const png = flags.configFrom;
  const earlier = png === undefined ? undefined : await earlierRun(png);
  const record = earlier?.record;
  return {
    prompt: required(
      flags.prompt ?? record?.prompt,
      "generate",
      "--prompt TEXT",
    ),
    model: await namedModel(flags, { earlier, ownLora: false }),
    seeds: flags.seed ?? [record?.seed ?? 42],
    steps: flags.steps ?? record?.steps ?? 35,
    guidance: flags.guidance ?? record?.guidance,
    size: flags.size ??
      (record && { width: record.width, height: record.height }),
    device: flags.device ?? record?.device.kind ?? "auto",
    output: flags.output,
    inputPaths: [],
    earlier,
  };
}

async function earlierRun(png: string): Promise<EarlierRun<GenerateRecord>> {
  const { record } = await readRecord(png);
  if (record.command === "generate") return { png, record };
  throw new UsageError(
    `Cannot repeat "${png}" as it must be made by generate: got ${record.command}`,
  );
}
