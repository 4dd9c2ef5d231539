import { encodePng } from "@edit-transfer/image";
import { generate as runGenerate, loadPipeline } from "@edit-transfer/transfer";
import { atomicWrite } from "@edit-transfer/weights";
import { mkdir } from "node:fs/promises";
import process from "node:process";
import { UsageError } from "../exit_code.ts";
import {
  checkModel,
  chooseModel,
  hashModel,
  recordedModel,
} from "../model_choice.ts";
import { openOrRefuse } from "../open_device.ts";
import { checkOutput, outputNames } from "../output.ts";
import type { Context, ModelFlags } from "../program.ts";
import { Progress } from "../progress.ts";
import { checkSame } from "../read_inputs.ts";
import { type GenerateRecord, readRecord, recordText } from "../record.ts";
import { runSteps } from "../run_steps.ts";
import { PROGRAM } from "../version.ts";

/** Flags of `generate`. */
export interface GenerateFlags extends ModelFlags {
  /** What to show. */
  readonly prompt?: string;
  /** Size in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
}

const DEFAULT_GUIDANCE = 3.5;

/** Makes pictures from text. */
export async function generate(
  flags: GenerateFlags,
  { signal }: Context,
): Promise<void> {
  const progress = new Progress({
    stream: process.stderr,
    quiet: flags.quiet === true,
  });
  const earlier = flags.configFrom === undefined
    ? undefined
    : await earlierGeneration(flags.configFrom);
  const prompt = flags.prompt ?? earlier?.prompt;
  if (prompt === undefined) {
    throw new UsageError("Cannot generate as --prompt is required: got none");
  }
  const ownModel = flags.model !== undefined || flags.lora !== undefined;
  const choice = earlier === undefined || ownModel
    ? chooseModel(flags, { ownLora: false })
    : recordedModel(earlier);
  const seeds = flags.seed ?? [earlier?.seed ?? 42];
  const steps = flags.steps ?? earlier?.steps ?? 35;
  const guidance = flags.guidance ?? earlier?.guidance;
  const size = flags.size ?? earlier;
  const output = flags.output ?? "out.png";
  await checkOutput(output);
  await checkModel(choice);
  const hashes = await hashModel(choice);
  if (earlier?.model.path === hashes.model.path) {
    checkSame(choice.model.path, hashes.model.sha256, earlier.model.sha256);
  }

  using cleanup = new DisposableStack();
  const device = await openOrRefuse(
    flags.device ?? earlier?.device.kind ?? "auto",
  );
  cleanup.defer(() => device.destroy());
  await using pipeline = await loadPipeline(choice.model.path, {
    device,
    loras: choice.loras,
  });
  signal.throwIfAborted();
  const names = outputNames(output, seeds);
  const { previewDir } = flags;
  if (previewDir !== undefined) await mkdir(previewDir, { recursive: true });
  const notices = new Set<string>();
  const written = [];
  for (const seed of seeds) {
    const { image, ...result } = await runSteps(
      runGenerate(pipeline, {
        prompt,
        seed,
        steps,
        ...guidance === undefined ? {} : { guidance },
        ...size === undefined ? {} : { width: size.width, height: size.height },
        signal,
      }),
      {
        progress,
        label: seeds.length > 1 ? `generate, seed ${seed}` : "generate",
        preview: previewDir === undefined
          ? undefined
          : (step) => names.preview(previewDir, seed, step),
      },
    );
    for (const notice of result.notices) notices.add(notice);
    const record: GenerateRecord = {
      command: "generate",
      program: PROGRAM,
      ...hashes,
      prompt,
      seed,
      steps,
      guidance: guidance ?? DEFAULT_GUIDANCE,
      width: image.width,
      height: image.height,
      device: { kind: device.kind, name: device.name },
    };
    const path = names.image(seed);
    const text = recordText(record, image);
    await atomicWrite(path, await encodePng(image, { text }));
    written.push({ path, seed, milliseconds: result.timings });
  }
  for (const notice of notices) progress.note(`notice: ${notice}`);
  if (flags.verbose === true) progress.note(`device: ${device.name}`);
  process.stdout.write(
    flags.json === true
      ? JSON.stringify({
        images: written,
        prompt,
        device: { kind: device.kind, name: device.name },
        peakBytes: device.memory.peakBytes,
        notices: [...notices],
      }) + "\n"
      : written.map(({ path }) => `${path}\n`).join(""),
  );
}

async function earlierGeneration(png: string): Promise<GenerateRecord> {
  const { record } = await readRecord(png);
  if (record.command === "generate") return record;
  throw new UsageError(
    `Cannot repeat "${png}" as it must be made by generate: got ${record.command}`,
  );
}
