import { stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { UsageError } from "@edit-transfer/terminal";
import { chooseModel, type NamedFile, rechooseModel } from "./model_choice.ts";
import type { ModelFlags } from "./flags.ts";
import { required } from "@edit-transfer/terminal";
import { type EditRecord, readRecord } from "./record.ts";
import type { RunPlan } from "./run_model.ts";

/** Flags of `edit`. */
export interface EditFlags extends ModelFlags {
  /** Before and after. */
  readonly example?: readonly string[];
  /** Picture to edit. */
  readonly query?: string;
  /** Words of the edit. */
  readonly edit?: string;
  /** Caption instead of words. */
  readonly prompt?: string;
  /** Side of a panel in pixels. */
  readonly panelSize?: number;
  /** How a picture becomes square. */
  readonly fit?: "crop" | "pad";
}

/** What a run of `edit` will do, from flags and from an earlier run. */
export interface EditPlan extends RunPlan {
  readonly inputs: Readonly<Record<"before" | "after" | "query", NamedFile>>;
  readonly edit: string | undefined;
  readonly prompt: string | undefined;
  readonly steps: number;
  /** Undefined where nobody asked for one. */
  readonly guidance: number | undefined;
  /** Undefined for the model's own. */
  readonly panelSize: number | undefined;
  readonly fit: "crop" | "pad";
  readonly noise: EditRecord["noise"];
  readonly earlier: EditRecord | undefined;
}

/** Merges flags with the record of an earlier run; flags win. */
export async function planEdit(flags: EditFlags): Promise<EditPlan> {
  const png = flags.configFrom;
  const earlier = png === undefined ? undefined : await earlierEdit(png);
  const example = flags.example;
  if (example !== undefined && example.length !== 2) {
    throw new UsageError(
      `Cannot edit as --example takes two pictures, BEFORE and AFTER: got ${example.length}`,
    );
  }
  if (flags.edit !== undefined && flags.prompt !== undefined) {
    throw new UsageError(
      "Cannot edit as --prompt replaces the caption that --edit fills: got both",
    );
  }
  const input = async (
    flag: string,
    given: string | undefined,
    recorded: string | undefined,
  ): Promise<NamedFile> => {
    const name = required(given ?? recorded, "edit", flag);
    return { name, path: given ?? await locate(name, png!) };
  };
  const before = await input(
    "--example BEFORE AFTER",
    example?.[0],
    earlier?.inputs.before.path,
  );
  const words = flags.edit !== undefined || flags.prompt !== undefined
    ? flags
    : earlier ?? {};
  const after = await input(
    "--example BEFORE AFTER",
    example?.[1],
    earlier?.inputs.after.path,
  );
  const query = await input(
    "--query IMAGE",
    flags.query,
    earlier?.inputs.query.path,
  );
  return {
    inputs: { before, after, query },
    edit: words.edit,
    prompt: words.prompt,
    choice: earlier === undefined
      ? chooseModel(flags, { ownLora: true })
      : rechooseModel(flags, { record: earlier, ownLora: true }),
    seeds: flags.seed ?? [earlier?.seed ?? 42],
    steps: flags.steps ?? earlier?.steps ?? 35,
    guidance: flags.guidance ?? earlier?.guidance,
    panelSize: flags.panelSize ?? earlier?.panelSize,
    fit: flags.fit ?? earlier?.fit ?? "crop",
    noise: earlier?.noise ?? { round: "bf16", standardize: true },
    device: flags.device ?? earlier?.device.kind ?? "auto",
    output: flags.output ?? "out.png",
    inputPaths: [before, after, query].map(({ path }) => path),
    earlier,
  };
}

async function earlierEdit(png: string): Promise<EditRecord> {
  const { record } = await readRecord(png);
  if (record.command === "edit") return record;
  throw new UsageError(
    `Cannot repeat "${png}" as it must be made by edit: got ${record.command}`,
  );
}

/** A recorded path, as seen from here or else from the folder of the picture. */
async function locate(path: string, png: string): Promise<string> {
  if (isAbsolute(path)) return path;
  const places = [...new Set([path, join(dirname(png), path)])];
  for (const place of places) {
    if (await stat(place).catch(() => undefined) !== undefined) return place;
  }
  throw new Error(
    `Cannot repeat "${png}" as its input must be at ${
      places.map((place) => `"${place}"`).join(" or ")
    }: got nothing there; name it with --example or --query`,
  );
}
