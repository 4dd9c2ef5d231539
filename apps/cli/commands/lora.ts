import { type Command, Option } from "commander";
import { UsageError } from "../exit_code.ts";
import type { Context } from "../program.ts";
import { loraConvert } from "./lora_convert.ts";
import { loraInspect } from "./lora_inspect.ts";
import { loraMerge } from "./lora_merge.ts";

/** Adds `lora` with its verbs. */
export function loraCommand(program: Command, context: Context): void {
  const lora = program.command("lora")
    .description("look into LoRA files, convert and merge them")
    .argument("[verb]", "inspect, convert or merge")
    .action((verb = "none") => {
      throw new UsageError(
        `Cannot run lora as its verb must be inspect, convert or merge: got ${verb}`,
      );
    });

  lora.command("inspect")
    .description("show what is in a LoRA, and which of it a model takes")
    .argument("<file>", "LoRA file")
    .option("--model <dir>", "model folder to compare with")
    .option("--json", "print a JSON object")
    .action((file, flags) => loraInspect(file, flags));

  lora.command("convert")
    .description("write a LoRA in the names of another trainer")
    .argument("<file>", "LoRA file")
    .addOption(
      new Option(
        "--to <style>",
        "whose names, required: peft is also diffusers'",
      )
        .choices(["peft", "kohya", "bfl", "xlabs"]),
    )
    .option("-o, --output <file>", "file to write, required")
    .addOption(
      new Option("--dtype <type>", "type to store (default: as it is)")
        .choices(["F32", "F16", "BF16"]),
    )
    .action((file, flags) => loraConvert(file, flags));

  lora.command("merge")
    .description("write a model with a LoRA in its weights")
    .option("--model <dir>", "model folder (default: the embedded model)")
    .option("--lora <file...>", "LoRA FILE [SCALE], required")
    .option("-o, --output <dir>", "model folder to write, required")
    .option("--allow-unmatched", "leave out layers that the model has not")
    .option("--quiet", "no progress and no notices")
    .action((flags) => loraMerge(flags, context));
}
