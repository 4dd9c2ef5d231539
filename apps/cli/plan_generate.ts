import { UsageError } from "@edit-transfer/terminal";
import { chooseModel, rechooseModel } from "./model_choice.ts";
import type { ModelFlags } from "./flags.ts";
import { type GenerateRecord, readRecord } from "./record.ts";
import { required } from "@edit-transfer/terminal";
import type { RunPlan } from "./run_model.ts";

/** Flags of `generate`. */
export interface GenerateFlags extends ModelFlags {
  /** What to show. */
  readonly prompt?: string;
  /** Size in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** What a run of `generate` will do, from flags and from an earlier run. */
export interface GeneratePlan extends RunPlan {
  /** What to show. */
  readonly prompt: string;
  /** Euler steps. */
  readonly steps: number;
  /** Undefined where nobody asked for one. */
  readonly guidance: number | undefined;
  /** Size in pixels, undefined for the model's own. */
  readonly size:
    | { readonly width: number; readonly height: number }
    | undefined;
}

/** Merges flags with the record of an earlier run; flags win. */
export async function planGenerate(
  flags: GenerateFlags,
): Promise<GeneratePlan> {
  const png = flags.configFrom;
  const earlier = png === undefined ? undefined : await earlierRun(png);
  const prompt = required(
    flags.prompt ?? earlier?.prompt,
    "generate",
    "--prompt TEXT",
  );
  return {
    prompt,
    choice: earlier === undefined
      ? chooseModel(flags, { ownLora: false })
      : rechooseModel(flags, { record: earlier, ownLora: false }),
    seeds: flags.seed ?? [earlier?.seed ?? 42],
    steps: flags.steps ?? earlier?.steps ?? 35,
    guidance: flags.guidance ?? earlier?.guidance,
    size: flags.size ?? earlier,
    device: flags.device ?? earlier?.device.kind ?? "auto",
    output: flags.output ?? "out.png",
    inputPaths: [],
    earlier,
  };
}

async function earlierRun(png: string): Promise<GenerateRecord> {
  const { record } = await readRecord(png);
  if (record.command === "generate") return record;
  throw new UsageError(
    `Cannot repeat "${png}" as it must be made by generate: got ${record.command}`,
  );
}
