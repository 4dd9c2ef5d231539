import {
  describeLayer,
  layerShapes,
  type LoraFile,
  type LoraMatch,
  matchLora,
  readLora,
  requireMatch,
} from "@edit-transfer/lora";
import {
  modelShapes,
  openModelFolder,
  openTransformerWeights,
} from "@edit-transfer/pipeline";
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

/** What a model takes of a LoRA. */
interface ModelMatch extends LoraMatch {
  /** What `edit` says where it refuses the file. */
  readonly refusal: string | undefined;
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

/** Compares with a model, of which headers are read, as `edit` does. */
async function matchModel(lora: LoraFile, model: string): Promise<ModelMatch> {
  const { path } = await namedModel({ model }, { ownLora: false });
  const shapes = await shapesOf(lora, path);
  let refusal: string | undefined;
  try {
    requireMatch(shapes, {
      file: lora,
      verb: "attach",
      allowUnmatched: false,
      flag: "--lora-allow-unmatched",
    });
  } catch (error) {
    refusal = (error as Error).message;
  }
  return { ...matchLora(shapes, lora), refusal };
}

/** Of a transformer alone, where that is all that there is and is needed. */
async function shapesOf(lora: LoraFile, path: string) {
  try {
    await using folder = await openModelFolder(path);
    return modelShapes(folder);
  } catch (error) {
    if ([...lora.layers.keys()].some((key) => /^text_encoder/.test(key))) {
      throw error;
    }
    await using weights = await openTransformerWeights(path);
    return layerShapes(weights);
  }
}

/** What is in the file, for programs. */
function summary(
  lora: LoraFile,
  { size, match }: { size: number; match: ModelMatch | undefined },
): object {
  const { layers, ...rest } = lora;
  return {
    ...rest,
    size,
    layers: [...layers].map(([layer, update]) => {
      const { shape: [out, into], ...more } = describeLayer(update);
      return { layer, out, in: into, ...more };
    }),
    ...match,
  };
}

/** What is in the file, for people. */
function report(
  lora: LoraFile,
  { size, match, model }: {
    size: number;
    match: ModelMatch | undefined;
    model: string | undefined;
  },
): string {
  const layers = [...lora.layers].map(([key, update]) =>
    [key, describeLayer(update)] as const
  );
  const all = layers.map(([, description]) => description);
  const defined = (values: readonly (number | undefined)[]) =>
    values.filter((value) => value !== undefined);
  const facts: [string, string][] = [
    ["style", lora.style],
    ["kind", unique(all.map(({ kind }) => kind))],
    ["layers", String(layers.length)],
    ["rank", range(defined(all.map(({ rank }) => rank)))],
    ["alpha", range(defined(all.map(({ alpha }) => alpha)))],
    ["type", unique(all.map(({ dtype }) => dtype))],
    [
      "parameters",
      formatCount(all.reduce((n, { parameters }) => n + parameters, 0)),
    ],
    ["size", `${formatCount(size)} bytes`],
  ];
  for (const [key, value] of Object.entries(lora.metadata)) {
    const told = facts.some(([name, text]) => name === key && text === value);
    if (!told) facts.push([key, oneLine(value)]);
  }
  const head = ["layer", "out, in", "kind", "rank", "alpha", "runs as"];
  const rows = layers.map(([key, { shape, kind, rank, alpha, runs }]) => [
    key,
    `[${shape.join(", ")}]`,
    kind,
    rank === undefined ? "" : String(rank),
    alpha === undefined ? "" : String(Number(alpha.toPrecision(6))),
    runs,
    ...match === undefined ? [] : [matchText(key, match)],
  ]);
  const blocks = [
    table(facts),
    table([match === undefined ? head : [...head, "in the model"], ...rows]),
    ...lora.notices,
    ...lora.extras.filter(({ harmless }) => !harmless)
      .map(({ key, reason }) => `"${key}" ${reason}`),
  ];
  if (match !== undefined) {
    blocks.push(
      `${match.matched.length} of ${layers.length} layers are in "${model}"`,
      ...match.refusal === undefined ? [] : [match.refusal],
    );
  }
  return blocks.join("\n\n");
}

function matchText(key: string, { unmatched, idle }: ModelMatch): string {
  if (idle.includes(key)) return "no: it changes nothing";
  const entry = unmatched.find((entry) => entry.key === key);
  if (entry === undefined) return "yes";
  const { reason, nearest } = entry;
  return nearest === undefined
    ? `no: ${reason}`
    : `no: ${reason}, nearest is ${nearest}`;
}

/** Each of some words once. */
function unique(words: readonly string[]): string {
  return [...new Set(words)].join(", ");
}

/** `16`, `4 to 16`, or nothing. */
function range(values: readonly number[]): string {
  if (values.length === 0) return "none";
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
