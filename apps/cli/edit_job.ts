import { checkPngText, encodePicture, formatOf } from "@edit-transfer/image";
import { baseModelNotices } from "@edit-transfer/pipeline";
import type { Progress } from "@edit-transfer/terminal";
import type { EditDefaults, Model } from "@edit-transfer/transfer";
import { runFacts, runSteps } from "./make_pictures.ts";
import type { ModelHashes, NamedModel } from "./open_model.ts";
import type { EditImages } from "./edit_images.ts";
import { type EditPlan, editRecord, GUIDANCE } from "./plan_edit.ts";
import { type EditRecord, recordText } from "./record.ts";

/** What the edits of many jobs share. */
export interface EditMaker {
  readonly named: NamedModel;
  readonly hashes: ModelHashes;
  /** Opens the model when the first job needs it. */
  readonly open: () => Promise<Model>;
  readonly progress: Progress;
  /** Told what the maker of a picture should know. */
  readonly onNotice: (notice: string) => void;
}

/** One of them. */
export interface EditJob {
  readonly plan: EditPlan;
  readonly inputs: EditImages;
  readonly settings: EditDefaults;
  /** File that the record is seen from. */
  readonly output: string;
  /** Word in front of the progress bar. */
  readonly label: string;
  readonly signal: AbortSignal;
  /** Names of the files in the record, where they are not those of the plan. */
  readonly rename?: ((record: EditRecord) => EditRecord) | undefined;
}

/** The picture file of an edit: of its seed, or of the best of several. */
export async function editPicture(
  { plan, inputs, settings, output, label, signal, rename }: EditJob,
  { named, hashes, open, progress, onNotice }: EditMaker,
): Promise<Uint8Array> {
  const model = await open();
  using prepared = await model.prepare({ ...inputs.images, ...plan });
  const tell = (notices: readonly string[]) => notices.forEach(onNotice);
  tell([
    ...inputs.notices,
    ...prepared.notices,
    ...baseModelNotices(model.pipeline.loras, hashes.model),
  ]);
  checkPngText({ prompt: prepared.prompt });
  const { seeds, guidance = GUIDANCE, strength, lock, noise } = plan;
  const results = await runSteps(
    (onStep) =>
      prepared.runSeeds(seeds, {
        ...settings,
        guidance: plan.guidance,
        strength,
        lock,
        noise,
        signal,
        onStep,
      }),
    { progress, label },
  );
  const ranks = plan.keepBest === undefined
    ? undefined
    : await prepared.rank(results, signal);
  const first = ranks?.findIndex(({ place }) => place === 1) ?? 0;
  const { image, notices: late } = results[first]!;
  tell(late.filter((notice) => !prepared.notices.includes(notice)));
  const { earlier } = plan;
  const facts = runFacts(named, { model, guidance, hashes, output, earlier });
  const record = editRecord(plan, {
    seed: seeds[first]!,
    facts,
    prepared,
    hashes: inputs.hashes,
    output,
    best: ranks && { ...ranks[first]!, seeds },
    settings,
  });
  const text = recordText(rename?.(record) ?? record, image);
  return await encodePicture(image, {
    format: formatOf(output) ?? "png",
    text,
  });
}
