import { generate as runGenerate } from "@edit-transfer/pipeline";
import { generateMemory } from "../memory_tasks.ts";
import { type GenerateFlags, planGenerate } from "../plan_generate.ts";
import type { Context } from "../program.ts";
import { runModel } from "../run_model.ts";

/** Makes pictures from text. */
export async function generate(
  flags: GenerateFlags,
  context: Context,
): Promise<void> {
  const plan = await planGenerate(flags);
  const { prompt, steps, guidance, size } = plan;
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
        run: (seed) =>
          runGenerate(pipeline, {
            prompt: text,
            seed,
            steps,
            guidance,
            width: size?.width,
            height: size?.height,
            signal: context.signal,
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
