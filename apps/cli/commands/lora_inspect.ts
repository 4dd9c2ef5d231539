import {
  layerShapes,
  type LoraFile,
  type LoraMatch,
  matchLora,
  readLora,
} from "@edit-transfer/lora";
import { openTransformerWeights } from "@edit-transfer/pipeline";
import { formatCount, print, table } from "@edit-transfer/terminal";
import { openSafetensors } from "@edit-transfer/weights";
import { stat } from "node:fs/promises";
import { namedModel } from "../open_model.ts";
import type { Verb } from "../verb.ts";

/** Flags of `lora inspect`. */
interface LoraInspectFlags {
  readonly model?: string | undefined;
  readonly json?: true | undefined;
}

/** `lora inspect`: what is in a LoRA, and which of it a model takes. */
export const verb: Verb = (command) => {
  command
    .argument("<file>", "LoRA file")
    .option("--model <path>", "model folder or file to compare with")
    .option("--json", "print a JSON object")
    .action(run);
};

async function run(path: string, flags: LoraInspectFlags): Promise<void> {
  await using source = await openSafetensors(path);
  const lora = await readLora(source);
  const match = flags.model === undefined
    ? undefined
    : await matchModel(lora, flags.model);
  const { size } = await stat(path);
  print(
    flags.json === true
      ? JSON.stringify(summary(lora, { size, match }))
      : report(lora, { size, match, model: flags.model }),
  );
}

/** Compares with the transformer of a model folder, of which the header is read. */
async function matchModel(lora: LoraFile, model: string): Promise<LoraMatch> {
  const { path } = await namedModel({ model }, { ownLora: false });
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
  const facts = [
    ["style", lora.style],
    ["layers", String(pairs.length)],
    ["rank", range(pairs.map(({ A }) => A.shape[0]))],
    ["alpha", range(pairs.map(({ alpha }) => alpha))],
    ["type", [...new Set(pairs.map(({ A }) => A.dtype))].join(", ")],
    ["parameters", formatCount(parameters)],
    ["size", `${formatCount(size)} bytes`],
  ];
  for (const [key, value] of Object.entries(lora.metadata)) {
    const told = facts.some(([name, text]) => name === key && text === value);
    if (!told) facts.push([key, oneLine(value)]);
  }
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
