import { LIMITS, MAX_SEED, type Range } from "@edit-transfer/files/limits";
import { FITS } from "@edit-transfer/image";
import { parseBytes, warn } from "@edit-transfer/terminal";
import type { Seed } from "@edit-transfer/transfer";
import { type Command, InvalidArgumentError, Option } from "commander";
import { seedOf, seeds } from "./seed_flag.ts";
import type { MetadataFlags } from "./write_picture.ts";

/** Flags of every verb that runs a model. */
export interface DeviceFlags {
  /** Model folder or file. */
  readonly model?: string | undefined;
  /** Files and scales in the order given, or false for no LoRA at all. */
  readonly lora?: readonly string[] | false | undefined;
  /** Whether layers of a LoRA that the model does not have are left out. */
  readonly loraAllowUnmatched?: true | undefined;
  /** Device to run on. */
  readonly device?: "auto" | "webgpu" | "cpu" | undefined;
  /** Bytes that may be taken from the device. */
  readonly maxVram?: number | undefined;
  /** False to keep no text states, and to use none. */
  readonly textCache?: boolean | undefined;
  /** Whether to print JSON instead of paths. */
  readonly json?: true | undefined;
  /** Whether to print no progress and no notices. */
  readonly quiet?: true | undefined;
  /** Whether to print timings, and stacks of errors. */
  readonly verbose?: true | undefined;
}

/** Flags of `edit` and `generate`. */
export interface ModelFlags extends DeviceFlags, MetadataFlags {
  /** Seeds. */
  readonly seed?: readonly Seed[] | undefined;
  /** Euler steps. */
  readonly steps?: number | undefined;
  /** Guidance scale. */
  readonly guidance?: number | undefined;
  /** Output file. */
  readonly output?: string | undefined;
  /** Whether to write the pictures of all seeds on one sheet too. */
  readonly saveSheet?: true | undefined;
  /** Whether the output may replace a file that this program did not write. */
  readonly force?: true | undefined;
  /** Whether to tell only what would live where. */
  readonly dryRun?: true | undefined;
  /** Folder for a picture after each step. */
  readonly previewDir?: string | undefined;
  /** Output of an earlier run, whose settings are used. */
  readonly configFrom?: string | undefined;
}

/** Adds the flags of a verb that makes pictures. */
export function withModelFlags(
  command: Command,
  defaults: { readonly guidance: number },
): Command {
  command
    .option(
      "-o, --output <file>",
      "PNG, JPEG or WebP to write, a folder, or - for standard output (default: out.png, or out_2.png … where it is taken)",
      outputFile,
    )
    .option("--force", "let the output replace a file of another program")
    .option("--no-metadata", "do not write into pictures what made them")
    .option("--sidecar", "write it beside them instead, as OUT.json");
  return withDeviceFlags(command)
    .option(
      "--seed <n...>",
      "seeds of the noise: numbers, 1-16, random (default: 42)",
      seeds,
    )
    .option(
      "--steps <n>",
      "denoising steps (default: the model's, else 35)",
      integer(LIMITS.steps),
    )
    .option(
      "--guidance <scale>",
      `guidance scale (default: ${defaults.guidance})`,
      number(LIMITS.guidance),
    )
    .option(
      "--save-sheet",
      "write all seeds on one sheet too, as OUT_sheet.png",
    )
    .option("--dry-run", "print what would live where, and end")
    .option("--preview-dir <dir>", "write a picture after each step")
    .option(
      "-C, --config-from <file>",
      "repeat the run that made a picture, or that a sidecar tells; other flags win over it",
    )
    .option("--json", "print a JSON object with paths and timings")
    .option("--quiet", "no progress and no notices")
    .option("--verbose", "timings, device, and stacks of errors");
}

/** Adds the flags that say which model runs where. */
export function withDeviceFlags(command: Command): Command {
  const given = new Set<string>();
  for (const name of ["lora", "no-lora"]) {
    command.on(`option:${name}`, () => given.add(name));
  }
  return command
    .hook("preAction", () => {
      if (given.size < 2 || command.opts().quiet === true) return;
      const used = command.opts().lora === false
        ? "--no-lora, so no LoRA is used"
        : "--lora, which takes the place of the model's own without --no-lora";
      warn(
        `notice: --lora and --no-lora were given, and the last one counts: ${used}`,
      );
    })
    .option(
      "--model <path>",
      "model folder or file, or OWNER/NAME that pull has brought (default: the embedded model)",
    )
    .option("--lora <file...>", "LoRA FILE [SCALE]; repeatable")
    .option("--no-lora", "leave out the LoRA that comes with the model")
    .option(
      "--lora-allow-unmatched",
      "leave out layers of a LoRA that the model does not have",
    )
    .addOption(
      new Option("--device <name>", "where to run (default: auto)")
        .choices(["auto", "webgpu", "cpu"]),
    )
    .option(
      "--max-vram <size>",
      "memory to take from the device, e.g. 12GB; what does not fit is read in each step",
      byteCount,
    )
    .option(
      "--no-text-cache",
      "neither use nor keep what large text encoders made of a caption",
    );
}

/** Parser of integers in a range. */
export function integer([least, most]: Range): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `It must be an integer from ${least} to ${most}.`,
    );
  };
}

/** Parser of `512` or `768x512`. */
export function size(text: string): { width: number; height: number } {
  const [, width, height = width] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  const sides = [Number(width), Number(height)] as const;
  const [least, most] = LIMITS.side;
  if (!sides.every((side) => side >= least && side <= most)) {
    throw new InvalidArgumentError(
      `It must be like 512 or 768x512, each side from ${least} to ${most}.`,
    );
  }
  return { width: sides[0], height: sides[1] };
}

/** Parser of a seed of noise. */
export function seed(text: string): Seed {
  const value = seedOf(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError(
    `It must be an integer from 0 to ${MAX_SEED}.`,
  );
}

function byteCount(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError("It must be like 12GB, 11.5GiB or 400MB.");
}

/** Adds the flags of an edit, besides its pictures and words. */
export function withEditFlags(command: Command, note = ""): Command {
  return command
    .option(
      "--panel-size <n>",
      `${note}side of a panel in pixels (default: the model's)`,
      integer(LIMITS.side),
    )
    .addOption(
      new Option(
        "--fit <how>",
        `${note}match: panels of the query's ratio; whole, crop, pad: squares; match and whole: the result at its size (default: match)`,
      ).choices(FITS),
    )
    .option(
      "--strength <s>",
      `${note}how strong the edit is, from -0.5 to 2 (default: 1)`,
      number(LIMITS.strength),
    )
    .option(
      "--auto-seeds <n>",
      `${note}make this many seeds, and keep what seems best`,
      integer(LIMITS.seedsAtOnce),
    )
    .option("--lock", `${note}give unchanged places back from the query`)
    .option("--no-lock", `${note}leave them as the model draws them (default)`)
    .addOption(
      new Option(
        "--conditions <how>",
        `${note}joint: all panels see each other in every step; kept: given ones are computed once (default: the LoRA's)`,
      ).choices(["joint", "kept"]),
    );
}

/** Parser of numbers in a range. */
export function number([least, most]: Range): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `It must be a number from ${least} to ${most}.`,
    );
  };
}

/** Name of a file or a folder. */
function outputFile(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It must name a file or a folder.");
}
