import { exists } from "@edit-transfer/files";
import {
  openEditFile,
  readEditDefaults,
  writeEditFile,
} from "@edit-transfer/pipeline";
import { UsageError } from "@edit-transfer/terminal";
import type { EditDefaults, PreparedEdit } from "@edit-transfer/transfer";
import { checkModel, type ModelHashes } from "./open_model.ts";
import { checkFree } from "./output.ts";
import type { EditImages } from "./edit_images.ts";
import { type EditPlan, settingsOf } from "./plan_edit.ts";

/** Refuses to save an edit whose conditions are not kept, or over another file. */
export async function checkSaveEdit(
  path: string,
  { plan, force = false }: {
    readonly plan: EditPlan;
    readonly force?: boolean | undefined;
  },
): Promise<void> {
  await checkModel(plan.model);
  const defaults = await readEditDefaults(plan.model);
  if (settingsOf(plan, defaults).conditions !== "kept") {
    throw new UsageError(
      "Cannot save an edit as its conditions must be kept: got joint; add --conditions kept",
    );
  }
  const { model, inputPaths } = plan;
  const loras = model.loras.map(({ path }) => path);
  await checkFree(path, [...inputPaths, model.path, ...loras]);
  if (force || !await exists(path)) return;
  const own = await openEditFile(path).catch(() => undefined);
  if (own === undefined) {
    throw new Error(
      `Cannot write "${path}" as it must not replace a file of another program: use another name, or --force`,
    );
  }
  await own[Symbol.asyncDispose]();
}

/** Writes text and example of an edit as a file. */
export async function saveEdit(
  path: string,
  { plan, prepared, settings, pictures, hashes, signal }: {
    readonly plan: EditPlan;
    readonly prepared: PreparedEdit;
    readonly settings: EditDefaults;
    /** Of the example's files. */
    readonly pictures: EditImages["hashes"];
    readonly hashes: ModelHashes;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { conditionSigma } = settings;
  const [{ width, height }] = prepared.panels;
  const edit = await prepared.keep({ conditionSigma, signal });
  await writeEditFile(path, edit, {
    version: 1,
    model: hashes.model,
    loras: plan.model.loras.map(({ scale }, i) => ({
      sha256: hashes.loras[i]!,
      scale,
    })),
    prompt: prepared.prompt,
    ...plan.edit !== undefined && { edit: plan.edit },
    before: pictures.before,
    after: pictures.after,
    panelSize: prepared.panelSize,
    ...width !== height && { panel: { width, height } },
    fit: plan.fit,
    sigma: conditionSigma,
  });
}
