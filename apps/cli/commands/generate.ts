import { generate as runGenerate } from "@edit-transfer/pipeline";
import { generateMemory } from "../memory_tasks.ts";
import { type GenerateFlags, planGenerate } from "../plan_generate.ts";
import type { Context, Verb } from "../verb.ts";
import { size, withModelFlags } from "../flags.ts";
import { runModel } from "../run_model.ts";

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
  withModelFlags(command, { guidance: 3.5 });
};

async function run(
  flags: GenerateFlags,
  context: Context,
): Promise<void> {
  const plan = await planGenerate(flags);
  const { prompt, steps, guidance } = plan;
  await runModel({
    name: "generate",
    plan,
    flags,
    memory: generateMemory(plan, flags),
    async prepare(pipeline) {
      const start = performance.now();
      const text = await pipeline.encodeText(prompt);
      return {
        prompt,
        notices: text.notices,
        timings: { text: performance.now() - start },
        run: (seed, onStep) =>
          runGenerate(pipeline, {
            prompt: text,
            seed,
            steps,
            guidance,
            width: plan.size?.width,
            height: plan.size?.height,
            signal: context.signal,
            onStep,
          }),
        record: (seed, { facts, image }) => ({
          command: "generate",
          ...facts,
          prompt,
          seed,
          steps,
          guidance: guidance ?? 3.5,
          width: image.width,
          height: image.height,
        }),
        [Symbol.dispose]: () => text[Symbol.dispose](),
      };
    },
  }, context);
}
