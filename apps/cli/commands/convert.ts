import {
  CONVERT_TYPES,
  type ConvertedArray,
  convertModel,
  type ConvertRule,
  type ConvertType,
} from "@edit-transfer/convert";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { UsageError } from "../exit_code.ts";
import { lockOutput } from "../lock_output.ts";
import { checkModel, chooseModel } from "../model_choice.ts";
import type { Context } from "../program.ts";
import { Progress } from "../progress.ts";
import { required } from "../required.ts";
import { table } from "../table.ts";
import process from "node:process";

/** Flags of `convert`. */
export interface ConvertFlags {
  readonly quantize?: "8" | "4" | "none";
  readonly dtype?: "bf16" | "f16" | "f32";
  readonly rules?: string;
  readonly output?: string;
  readonly force?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const MB = 1e6;

/** Writes a model with quantised weights, and prints how far they are off. */
export async function convert(
  model: string,
  flags: ConvertFlags,
  { signal }: Context,
): Promise<void> {
  const { quiet, json, force = false } = flags;
  const output = resolve(required(flags.output, "convert", "-o DIR"));
  const type = typeOf(flags);
  const rules = flags.rules === undefined ? [] : await readRules(flags.rules);
  const choice = chooseModel({ model }, { ownLora: false });
  await checkModel(choice);
  const progress = new Progress({
    stream: process.stderr,
    quiet: quiet === true,
    units: ["MB", "MB"],
  });
  let arrays: readonly ConvertedArray[];
  {
    await using _lock = await lockOutput(output);
    progress.start();
    try {
      arrays = await convertModel(choice.model.path, {
        output,
        type,
        rules,
        force,
        signal,
        onProgress: (written, total) =>
          progress.step(
            Math.floor(written / MB),
            Math.ceil(total / MB),
            "convert",
          ),
      });
    } finally {
      progress.end();
    }
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ output, arrays })}\n`);
    return;
  }
  if (quiet !== true) process.stderr.write(`${errorTable(arrays)}\n`);
  process.stdout.write(`${output}\n`);
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
  let parsed: unknown;
  try {
    parsed = parse(await readFile(path, "utf8"));
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    throw fail(code === "ENOENT" ? "no such file" : message.split("\n")[0]!);
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
