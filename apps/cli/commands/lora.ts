import { UsageError } from "@edit-transfer/terminal";
import type { Verb } from "../verb.ts";
import { verb as convert } from "./lora_convert.ts";
import { verb as inspect } from "./lora_inspect.ts";
import { verb as merge } from "./lora_merge.ts";

/** `lora`: the verbs for LoRA files. */
export const verb: Verb = (command, context) => {
  command
    .argument("[verb]", "inspect, convert or merge")
    .helpCommand(false)
    .action((verb = "none") => {
      throw new UsageError(
        `Cannot run lora as its verb must be inspect, convert or merge: got ${verb}`,
      );
    });
  inspect(
    command.command("inspect")
      .description("show what is in a LoRA, and which of it a model takes"),
    context,
  );
  convert(
    command.command("convert")
      .description("write a LoRA in the names of another trainer"),
    context,
  );
  merge(
    command.command("merge")
      .description("write a model with a LoRA in its weights"),
    context,
  );
};
