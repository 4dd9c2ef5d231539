import { jsonText } from "@edit-transfer/files";
import type { EditDefaults } from "@edit-transfer/transfer";
import type { ModelHashes } from "./open_model.ts";
import { type EditImages, picturesOf } from "./edit_images.ts";
import { type EditPlan, GUIDANCE } from "./plan_edit.ts";
import { readRecord } from "./record.ts";

/**
 * Whether a picture is there already that was made with the same model,
 * pictures and settings, on whichever device.
 */
export async function isFinished(
  output: string,
  { plan, files, hashes, settings }: {
    readonly plan: EditPlan;
    readonly settings: EditDefaults;
    readonly files: EditImages["hashes"];
    readonly hashes: ModelHashes;
  },
): Promise<boolean> {
  const found = await readRecord(output).catch(() => undefined);
  const record = found?.record;
  if (record?.command !== "edit") return false;
  const pictures = picturesOf(record);
  if (pictures === undefined) return false;
  const { before, after, query } = pictures;
  const then = [
    record.model.sha256,
    ...record.loras.flatMap(({ sha256, scale }) => [sha256, scale]),
    ...[before, after, query].map(({ sha256 }) => sha256),
  ];
  const now = [
    hashes.model,
    ...plan.model.loras.flatMap(({ scale }, i) => [hashes.loras[i], scale]),
    ...[files.before, files.after, files.query],
  ];
  return same(then, now) &&
    record.edit === plan.edit &&
    (plan.prompt === undefined || record.prompt === plan.prompt) &&
    same(record.best?.seeds ?? [record.seed], plan.seeds) &&
    record.steps === settings.steps &&
    (record.conditions ?? "joint") === settings.conditions &&
    (record.guidance === undefined ||
      record.guidance === (plan.guidance ?? GUIDANCE)) &&
    record.fit === plan.fit &&
    (record.strength ?? 1) === plan.strength &&
    (record.lock ?? false) === plan.lock &&
    (plan.panelSize === undefined || record.panelSize === plan.panelSize) &&
    same(record.noise, plan.noise);
}

function same(a: unknown, b: unknown): boolean {
  return jsonText(a) === jsonText(b);
}
