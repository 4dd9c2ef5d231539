import { Command, InvalidArgumentError, Option } from "commander";
import { batch } from "./commands/batch.ts";
import { convert } from "./commands/convert.ts";
import { doctor } from "./commands/doctor.ts";
import { edit } from "./commands/edit.ts";
import { figures } from "./commands/figures.ts";
import { generate } from "./commands/generate.ts";
import { info } from "./commands/info.ts";
import { loraCommand } from "./commands/lora.ts";
import { pull } from "./commands/pull.ts";
import { VERSION } from "./version.ts";

/** Sides of pictures above this are slips of the hand. */
const MAX_SIDE = 4096;

/** What commands get besides their flags. */
export interface Context {
  /** Aborted when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Flags of commands that run a model. */
export interface ModelFlags {
  /** Model folder. */
  readonly model?: string;
  /** Files and scales in the order given, or false for no LoRA at all. */
  readonly lora?: readonly string[] | false;
  /** Seeds. */
  readonly seed?: readonly number[];
  /** Euler steps. */
  readonly steps?: number;
  /** Guidance scale. */
  readonly guidance?: number;
  /** Device to run on. */
  readonly device?: "auto" | "webgpu" | "cpu";
  /** Output file. */
  readonly output?: string;
  /** Whether to write all four panels of an edit too. */
  readonly saveGrid?: true;
  /** Bytes that may be taken from the device. */
  readonly maxVram?: number;
  /** False to keep no text states, and to use none. */
  readonly textCache?: boolean;
  /** Whether to tell only what would live where. */
  readonly dryRun?: true;
  /** Folder for a picture after each step. */
  readonly previewDir?: string;
  /** Output of an earlier run, whose settings are used. */
  readonly configFrom?: string;
  /** Whether to print a JSON object instead of paths. */
  readonly json?: true;
  /** Whether to print no progress and no notices. */
  readonly quiet?: true;
  /** Whether to print timings, and stacks of errors. */
  readonly verbose?: true;
}

/** Builds the command line; the only file that knows how arguments are parsed. */
export function createProgram(context: Context): Command {
  const program = new Command("edit-transfer")
    .description("Does to a picture what an example pair shows.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeErr: () => {} }); // errors are printed by main.ts

  const edits = program.command("edit")
    .description("transfer the edit of an example pair to a query picture")
    .option("--example <files...>", "the example: BEFORE and AFTER")
    .option("--query <image>", "the picture to edit")
    .option("--edit <words>", 'what the edit does, e.g. "raising arms"')
    .option("--prompt <text>", "caption of all four panels, instead of --edit")
    .option(
      "--panel-size <n>",
      "side of a panel in pixels (default: the model's)",
      integer(1, MAX_SIDE),
    )
    .addOption(
      new Option("--fit <how>", "how a picture becomes square (default: crop)")
        .choices(["crop", "pad"]),
    )
    .option("--save-grid", "write all four panels too, as OUT_grid.png")
    .addHelpText(
      "after",
      "\nExample:\n  edit --example before.png after.png --query photo.png" +
        ' --edit "raising arms" -o out.png',
    );
  withModelFlags(edits, { guidance: 1 }).action((flags) =>
    edit(flags, context)
  );

  const generations = program.command("generate")
    .description("make a picture from text")
    .option("--prompt <text>", "what to show")
    .option(
      "--size <n | WxH>",
      "size in pixels (default: two panels of the model)",
      size,
    );
  withModelFlags(generations, { guidance: 3.5 }).action((flags) =>
    generate(flags, context)
  );

  program.command("batch")
    .description("make the edits that a file lists, with the model kept loaded")
    .argument("<jobs>", "file with a JSON object a line")
    .option(
      "--model <path>",
      "model folder or file (default: the embedded model)",
    )
    .option("--lora <file...>", "LoRA FILE [SCALE]; repeatable")
    .option("--no-lora", "leave out the LoRA of the embedded model")
    .addOption(
      new Option("--device <name>", "where to run (default: auto)")
        .choices(["auto", "webgpu", "cpu"]),
    )
    .addOption(maxVram())
    .addOption(noTextCache())
    .option("--json", "print a JSON object for each job")
    .option("--quiet", "no progress and no notices")
    .option("--verbose", "stacks of errors")
    .addHelpText(
      "after",
      "\nA job has before, after, query and output, and may have edit or prompt, seed, steps," +
        "\nguidance, panelSize, fit. Paths are relative to the file. Jobs whose output is there" +
        "\nwith the same settings are skipped, so that an interrupted batch goes on; a job that" +
        "\nfails does not end it." +
        '\n\nExample of a line:\n  {"before": "a.png", "after": "b.png", "query": "c.png",' +
        ' "edit": "raising arms", "output": "d.png"}',
    )
    .action((jobs, flags) => batch(jobs, flags, context));

  program.command("figures")
    .description("draw cases of edit transfer whose answers are known")
    .addOption(
      new Option("--split <name>", "whose identities and edits to draw")
        .choices(["train", "test", "unseen"]).default("test"),
    )
    .option("--seed <n>", "seed of the set", integer(0), 0)
    .option("--count <n>", "number of cases", integer(1, 1_000_000), 16)
    .option("--compose <k>", "edits made at once, 1 to 3", integer(1, 3), 1)
    .option("--size <n>", "side of a panel in pixels", integer(8, MAX_SIDE), 64)
    .option("-o, --output <dir>", "folder to write to, required")
    .option("--force", "write into a folder that is not empty")
    .option("--quiet", "no progress")
    .action((flags) => figures(flags, context));

  loraCommand(program, context);

  program.command("pull")
    .description("download a model or a LoRA from the Hugging Face hub")
    .argument("<repo>", "OWNER/NAME, e.g. black-forest-labs/FLUX.1-dev")
    .option("--include <patterns...>", 'files to take, e.g. "vae/*" (quoted)')
    .option("--revision <name>", "branch, tag or commit", "main")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nPrints the folder, in the cache that huggingface_hub uses too. The token comes" +
        "\nfrom HF_TOKEN or the hub's token file." +
        '\n\nExample:\n  edit --model "$(pull black-forest-labs/FLUX.1-dev)" …',
    )
    .action((repo, flags) => pull(repo, flags, context));

  program.command("convert")
    .description("write a model with quantised weights")
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
    .action((model, flags) => convert(model, flags, context));

  program.command("info")
    .description("show how a picture was made")
    .argument("<png>", "output of edit or generate")
    .option("--json", "print the record as JSON")
    .action((png, flags) => info(png, flags));

  program.command("doctor")
    .description("show what this machine can run, and what is missing")
    .option("--tune", "measure the kernels for this graphics card once more")
    .option("--json", "print a JSON object")
    .action((flags) => doctor(flags));

  return program;
}

/** Adds the flags that `edit` and `generate` share. */
function withModelFlags(
  command: Command,
  defaults: { readonly guidance: number },
): Command {
  return command
    .option("-o, --output <file>", "PNG to write (default: out.png)", pngFile)
    .option(
      "--model <path>",
      "model folder or file (default: the embedded model)",
    )
    .option("--lora <file...>", "LoRA FILE [SCALE]; repeatable")
    .option("--no-lora", "leave out the LoRA of the embedded model")
    .option("--seed <n...>", "seeds of the noise (default: 42)", seeds)
    .option("--steps <n>", "denoising steps (default: 35)", integer(1))
    .option(
      "--guidance <scale>",
      `guidance scale (default: ${defaults.guidance})`,
      positive,
    )
    .addOption(
      new Option("--device <name>", "where to run (default: auto)")
        .choices(["auto", "webgpu", "cpu"]),
    )
    .addOption(maxVram())
    .addOption(noTextCache())
    .option("--dry-run", "print what would live where, and end")
    .option("--preview-dir <dir>", "write a picture after each step")
    .option(
      "-C, --config-from <png>",
      "repeat the run that made a picture; other flags win over it",
    )
    .option("--json", "print a JSON object with paths and timings")
    .option("--quiet", "no progress and no notices")
    .option("--verbose", "timings, device, and stacks of errors");
}

function integer(
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER
      ? `of at least ${least}`
      : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be an integer ${range}.`);
  };
}

function seeds(text: string, earlier: readonly number[] = []): number[] {
  const seed = integer(0)(text);
  return earlier.includes(seed) ? [...earlier] : [...earlier, seed];
}

function maxVram(): Option {
  return new Option(
    "--max-vram <size>",
    "memory to take from the device, e.g. 12GB; what does not fit is read in each step",
  ).argParser(byteCount);
}

function noTextCache(): Option {
  return new Option(
    "--no-text-cache",
    "neither use nor keep what large text encoders made of a caption",
  );
}

/** `12GB`, `11.5GiB` or `400MB`. */
function byteCount(text: string): number {
  const units = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 };
  const [, count, unit] = /^(\d+(?:\.\d+)?) ?([MG]i?B)$/.exec(text) ?? [];
  const bytes = Number(count) * units[unit as keyof typeof units];
  if (bytes > 0) return Math.floor(bytes);
  throw new InvalidArgumentError("It must be like 12GB, 11.5GiB or 400MB.");
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("It must be a number >= 0.");
}

/** Name of a file; stdout gets the names of what was written, not pictures. */
function pngFile(text: string): string {
  if (text !== "" && text !== "-" && !/[\\/]$/.test(text)) return text;
  throw new InvalidArgumentError("It must name a PNG file.");
}

/** `512` or `768x512`. */
function size(text: string): { width: number; height: number } {
  const [, width, height = width] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  const sides = [Number(width), Number(height)] as const;
  if (!sides.every((side) => side >= 1 && side <= MAX_SIDE)) {
    throw new InvalidArgumentError(
      `It must be like 512 or 768x512, each side at most ${MAX_SIDE}.`,
    );
  }
  return { width: sides[0], height: sides[1] };
}
