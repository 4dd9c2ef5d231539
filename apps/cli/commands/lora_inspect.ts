import {
  layerShapes,
  type LoraFile,
  type LoraMatch,
  matchLora,
  readLora,
} from "@edit-transfer/lora";
import { openTransformerWeights } from "@edit-transfer/pipeline";
import { openSafetensors } from "@edit-transfer/weights";
import { stat } from "node:fs/promises";
import { chooseModel } from "../model_choice.ts";
import { table } from "../table.ts";
import process from "node:process";

/** Flags of `lora inspect`. */
export interface LoraInspectFlags {
  readonly model?: string;
  readonly json?: true;
}

/** Shows what is in a LoRA, and which of it a model takes. */
export async function loraInspect(
  path: string,
  flags: LoraInspectFlags,
): Promise<void> {
  await using source = await openSafetensors(path);
  const lora = await readLora(source);
  const match = flags.model === undefined
    ? undefined
    : await matchModel(lora, flags.model);
  const { size } = await stat(path);
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify(summary(lora, { size, match }))}\n`
      : `${report(lora, { size, match, model: flags.model })}\n`,
  );
}

/** Compares with the transformer of a model folder, of which the header is read. */
async function matchModel(lora: LoraFile, model: string): Promise<LoraMatch> {
  const { path } = chooseModel({ model }, { ownLora: false }).model;
  await using weights = await openTransformerWeights(path);
  return matchLora(layerShapes(weights), lora);
}

/** What is in the file, for programs. */
function summary(
  lora: LoraFile,
  { size, match }: { size: number; match: LoraMatch | undefined },
): object {
  const { pairs, ...rest } = lora;
  return {
    ...rest,
    size,
    layers: [...pairs].map(([layer, { A, B, alpha, scaling }]) => ({
      layer,
      out: B.shape[0],
      in: A.shape[1],
      rank: A.shape[0],
      alpha,
      scaling,
      dtype: A.dtype,
    })),
    ...match,
  };
}

/** What is in the file, for people. */
function report(
  lora: LoraFile,
  { size, match, model }: {
    size: number;
    match: LoraMatch | undefined;
    model: string | undefined;
  },
): string {
  const pairs = [...lora.pairs.values()];
  const parameters = pairs.reduce(
    (n, { A, B }) => n + A.data.length + B.data.length,
    0,
  );
  const count = (n: number) => n.toLocaleString("en");
  const facts = [
    ["style", lora.style],
    ["layers", String(pairs.length)],
    ["rank", range(pairs.map(({ A }) => A.shape[0]))],
    ["alpha", range(pairs.map(({ alpha }) => alpha))],
    ["type", [...new Set(pairs.map(({ A }) => A.dtype))].join(", ")],
    ["parameters", count(parameters)],
    ["size", `${count(size)} bytes`],
    ...Object.entries(lora.metadata).map(([key, value]) => [
      key,
      oneLine(value),
    ]),
  ];
  const unmatched = new Map(
    match?.unmatched.map((entry) => [entry.key, entry]),
  );
  const layers = [...lora.pairs].map(([layer, { A, B, alpha }]) => [
    layer,
    `[${B.shape[0]}, ${A.shape[1]}]`,
    String(A.shape[0]),
    String(Number(alpha.toPrecision(6))),
    ...match === undefined ? [] : [matchText(unmatched.get(layer))],
  ]);
  const head = ["layer", "out, in", "rank", "alpha"];
  const blocks = [
    table(facts),
    table([match === undefined ? head : [...head, "in the model"], ...layers]),
  ];
  if (match !== undefined) {
    blocks.push(
      `${match.matched.length} of ${pairs.length} layers are in "${model}"`,
    );
  }
  return blocks.join("\n\n");
}

function matchText(entry: LoraMatch["unmatched"][number] | undefined): string {
  if (entry === undefined) return "yes";
  const { reason, nearest } = entry;
  return nearest === undefined
    ? `no: ${reason}`
    : `no: ${reason}, nearest is ${nearest}`;
}

/** `16`, or `4 to 16`. */
function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((
    value,
  ) => String(Number(value.toPrecision(6))));
  return least === most ? least! : `${least} to ${most}`;
}

/** Text without line breaks, and not too much of it. */
function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, " ");
  return flat.length > 100 ? `${flat.slice(0, 100)}…` : flat;
}
