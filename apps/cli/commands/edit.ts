import { encodePng, tileGrid } from "@edit-transfer/image";
import {
  edit as runEdit,
  loadPipeline,
  prepareEdit,
} from "@edit-transfer/transfer";
import { atomicWrite } from "@edit-transfer/weights";
import { mkdir } from "node:fs/promises";
import process from "node:process";
import { checkModel, hashModel } from "../model_choice.ts";
import { openOrRefuse } from "../open_device.ts";
import { checkOutput, outputNames } from "../output.ts";
import { type EditFlags, planEdit } from "../plan_edit.ts";
import type { Context } from "../program.ts";
import { Progress } from "../progress.ts";
import { checkSame, readInputs } from "../read_inputs.ts";
import { type EditRecord, recordText } from "../record.ts";
import { runSteps } from "../run_steps.ts";
import { PROGRAM } from "../version.ts";

/** Transfers the edit of an example pair to a query picture. */
export async function edit(
  flags: EditFlags,
  { signal }: Context,
): Promise<void> {
  const progress = new Progress({
    stream: process.stderr,
    quiet: flags.quiet === true,
  });

  // 1. everything that can be refused without a model
  const plan = await planEdit(flags);
  await checkOutput(plan.output);
  await checkModel(plan.choice);
  const { images, files } = await readInputs(plan);
  const hashes = await hashModel(plan.choice);
  const { earlier } = plan;
  if (earlier?.model.path === hashes.model.path) {
    checkSame(
      plan.choice.model.path,
      hashes.model.sha256,
      earlier.model.sha256,
    );
  }

  // 2. device, model, text and given panels
  using cleanup = new DisposableStack();
  const device = await openOrRefuse(plan.device);
  cleanup.defer(() => device.destroy());
  await using pipeline = await loadPipeline(plan.choice.model.path, {
    device,
    loras: plan.choice.loras,
  });
  signal.throwIfAborted();
  using prepared = await prepareEdit(pipeline, {
    ...images,
    ...plan.edit === undefined ? {} : { edit: plan.edit },
    ...plan.prompt === undefined ? {} : { prompt: plan.prompt },
    ...plan.panelSize === undefined ? {} : { panelSize: plan.panelSize },
    fit: plan.fit,
  });
  signal.throwIfAborted();
  const loading = performance.now();
  await pipeline.transformer();
  const loadingMs = performance.now() - loading;

  // 3. a picture for each seed
  const names = outputNames(plan.output, plan.seeds);
  const { previewDir } = flags;
  if (previewDir !== undefined) await mkdir(previewDir, { recursive: true });
  const notices = new Set(prepared.notices);
  const written = [];
  for (const seed of plan.seeds) {
    const result = await runSteps(
      runEdit(prepared, {
        seed,
        steps: plan.steps,
        ...plan.guidance === undefined ? {} : { guidance: plan.guidance },
        noise: plan.noise,
        signal,
      }),
      {
        progress,
        label: plan.seeds.length > 1 ? `edit, seed ${seed}` : "edit",
        preview: previewDir === undefined
          ? undefined
          : (step) => names.preview(previewDir, seed, step),
      },
    );
    for (const notice of result.notices) notices.add(notice);
    const record: EditRecord = {
      command: "edit",
      program: PROGRAM,
      ...hashes,
      ...plan.edit === undefined ? {} : { edit: plan.edit },
      prompt: prepared.prompt,
      inputs: files,
      seed,
      steps: plan.steps,
      guidance: plan.guidance ?? 1,
      panelSize: prepared.panelSize,
      fit: plan.fit,
      noise: plan.noise,
      device: { kind: device.kind, name: device.name },
    };
    const text = recordText(record, result.image);
    const path = names.image(seed);
    await atomicWrite(path, await encodePng(result.image, { text }));
    const grid = flags.saveGrid === true ? names.grid(seed) : undefined;
    if (grid !== undefined) {
      const quad = tileGrid([...prepared.panels, result.image]);
      await atomicWrite(grid, await encodePng(quad, { text }));
    }
    written.push({
      path,
      ...grid === undefined ? {} : { grid },
      seed,
      milliseconds: { ...prepared.timings, load: loadingMs, ...result.timings },
    });
  }

  // 4. what came of it
  for (const notice of notices) progress.note(`notice: ${notice}`);
  if (flags.verbose === true) {
    progress.note(`device: ${device.name}`);
    for (const { seed, milliseconds } of written) {
      progress.note(`seed ${seed}: ${timingText(milliseconds)}`);
    }
  }
  process.stdout.write(
    flags.json === true
      ? JSON.stringify({
        images: written,
        prompt: prepared.prompt,
        device: { kind: device.kind, name: device.name },
        peakBytes: device.memory.peakBytes,
        notices: [...notices],
      }) + "\n"
      : written.map(({ path, grid }) =>
        `${path}\n${grid === undefined ? "" : `${grid}\n`}`
      ).join(""),
  );
}

/** Milliseconds of each stage, in seconds. */
function timingText(milliseconds: Readonly<Record<string, number>>): string {
  return Object.entries(milliseconds)
    .map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(2)} s`)
    .join(", ");
}
