import {
  CONVERT_TYPES,
  type ConvertedArray,
  convertModel,
  type ConvertRule,
  type ConvertType,
} from "@edit-transfer/convert";
import { fileKey, lock, readText } from "@edit-transfer/files";
import { parseYaml } from "@edit-transfer/files/yaml";
import {
  print,
  Progress,
  required,
  table,
  UsageError,
  warn,
} from "@edit-transfer/terminal";
import { Option } from "commander";
import { dirname, resolve } from "node:path";
import { checkModel, namedModel } from "../open_model.ts";
import type { Context, Verb } from "../verb.ts";

/** Flags of `convert`. */
interface ConvertFlags {
  readonly quantize?: "8" | "4" | "none" | undefined;
  readonly dtype?: "bf16" | "f16" | "f32" | undefined;
  readonly rules?: string | undefined;
  readonly output?: string | undefined;
  readonly force?: true | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

const MB = 1e6;

/** Most bytes of a file of rules. */
const MAX_RULES = 2 ** 20;

/** `convert`: a model with quantised weights, and how far they are off. */
export const verb: Verb = (command, context) => {
  command
    .argument("<model>", "model folder or file, in any form that --model takes")
    .addOption(
      new Option("--quantize <bits>", "bits of a weight, required")
        .choices(["8", "4", "none"]),
    )
    .addOption(
      new Option("--dtype <type>", "type of weights with --quantize none")
        .choices(["bf16", "f16", "f32"]),
    )
    .option("--rules <file>", "YAML or JSON: types by names, e.g. *.txt_mlp.*")
    .option("-o, --output <dir>", "folder to write, required")
    .option("--force", "replace the folder of an earlier conversion")
    .option("--json", "print a JSON object")
    .option("--quiet", "no progress and no table")
    .addHelpText(
      "after",
      "\nTransformer and T5 become GGUF files. Embedders, modulation, norms and the final" +
        "\nlayer stay as they are. An interrupted conversion goes on where it ended." +
        "\n\nExample:\n  convert path/to/FLUX.1-dev --quantize 8 -o flux-8",
    )
    .action((model, flags) => run(model, flags, context));
};

async function run(
  model: string,
  flags: ConvertFlags,
  { signal }: Context,
): Promise<void> {
  const { quiet, json, force = false } = flags;
  const output = resolve(required(flags.output, "convert", "-o DIR"));
  const type = typeOf(flags);
  const rules = flags.rules === undefined ? [] : await readRules(flags.rules);
  const choice = await namedModel({ model }, { ownLora: false });
  await checkModel(choice);
  await checkOutside(choice.path, output);
  const progress = new Progress({ quiet, units: ["MB", "MB"] });
  let arrays: readonly ConvertedArray[];
  {
    await using _lock = await lock(`${output}.lock`, {
      task: `write "${output}"`,
    });
    progress.start();
    try {
      arrays = await convertModel(choice.path, {
        output,
        type,
        rules,
        force,
        signal,
        onProgress: (written, total) =>
          progress.step(
            Math.floor(written / MB),
            Math.ceil(total / MB),
            { label: "convert" },
          ),
      });
    } finally {
      progress.end();
    }
  }
  if (json) return print(JSON.stringify({ output, arrays }));
  if (quiet !== true) warn(errorTable(arrays));
  print(output);
}

/** Refuses to replace the folder that the model is in. */
async function checkOutside(model: string, output: string): Promise<void> {
  const key = await fileKey(output);
  for (let at = resolve(model); at !== dirname(at); at = dirname(at)) {
    if (await fileKey(at) !== key) continue;
    throw new Error(
      `Cannot write "${output}" as it must not replace the model: got "${model}" in it`,
    );
  }
}

function typeOf({ quantize, dtype }: ConvertFlags): ConvertType {
  const asked = required(quantize, "convert", "--quantize 8, 4 or none");
  if (asked === "none") return dtype ?? "stored";
  if (dtype !== undefined) {
    throw new UsageError(
      `Cannot use --dtype as it goes with --quantize none: got --quantize ${asked}`,
    );
  }
  return asked === "8" ? "q8_0" : "q4_k";
}

/** Reads a mapping of patterns to types, in YAML or JSON. */
async function readRules(path: string): Promise<ConvertRule[]> {
  const fail = (found: string) =>
    new UsageError(
      `Cannot read rules "${path}" as it must map patterns to ${
        CONVERT_TYPES.join(", ")
      }: got ${found}`,
    );
  const text = await readText(path, {
    what: "rules",
    maxBytes: MAX_RULES,
    fail: (message, options) => new UsageError(message, options),
  });
  let parsed: unknown;
  try {
    parsed = parseYaml(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw new UsageError(`Cannot read rules "${path}" as ${message}`, {
      cause,
    });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw fail(JSON.stringify(parsed) ?? "nothing");
  }
  return Object.entries(parsed).map(([pattern, type]) => {
    const known = CONVERT_TYPES.find((name) => name === type);
    if (known === undefined) throw fail(`${pattern}: ${JSON.stringify(type)}`);
    return [pattern, known];
  });
}

/** A line for each array that changed, and one for those that did not. */
function errorTable(arrays: readonly ConvertedArray[]): string {
  const changed = arrays.filter(({ max }) => max > 0);
  const lines = changed.map(({ name, type, shape, relativeRms, max }) => [
    name,
    type,
    `[${shape.join(", ")}]`,
    relativeRms.toExponential(2),
    max.toExponential(2),
  ]);
  const head = ["array", "type", "shape", "relative RMS", "max"];
  const same = arrays.length - changed.length;
  return `${
    table([head, ...lines])
  }\n${changed.length} arrays changed, ${same} are exact`;
}
