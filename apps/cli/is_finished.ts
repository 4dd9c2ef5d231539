import type { EditPlan } from "./plan_edit.ts";
import type { EditImages } from "./read_inputs.ts";
import { type EditRecord, readRecord } from "./record.ts";

/**
 * Whether a picture is there already that was made with the same model,
 * pictures and settings, on whichever device.
 */
export async function isFinished(
  plan: EditPlan,
  { files, model }: {
    readonly files: EditImages["files"];
    readonly model: Pick<EditRecord, "model" | "loras">;
  },
): Promise<boolean> {
  const found = await readRecord(plan.output).catch(() => undefined);
  const record = found?.record;
  if (record?.command !== "edit") return false;
  const hashes = (of: Pick<EditRecord, "model" | "loras" | "inputs">) => [
    of.model.sha256,
    ...of.loras.flatMap(({ sha256, scale }) => [sha256, scale]),
    of.inputs.before.sha256,
    of.inputs.after.sha256,
    of.inputs.query.sha256,
  ];
  return same(hashes(record), hashes({ ...model, inputs: files })) &&
    record.edit === plan.edit &&
    (plan.prompt === undefined || record.prompt === plan.prompt) &&
    record.seed === plan.seeds[0] && record.steps === plan.steps &&
    record.guidance === (plan.guidance ?? 1) && record.fit === plan.fit &&
    (plan.panelSize === undefined || record.panelSize === plan.panelSize) &&
    same(record.noise, plan.noise);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
