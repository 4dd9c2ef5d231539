import { UsageError } from "@edit-transfer/terminal";
import type { Verb } from "../verb.ts";
import { verb as make } from "./study_make.ts";
import { verb as tally } from "./study_tally.ts";

/** `study`: people compare methods, and are counted. */
export const verb: Verb = (command, context) => {
  command
    .argument("[verb]", "make or tally")
    .helpCommand(false)
    .action((verb = "none") => {
      throw new UsageError(
        `Cannot run study as its verb must be make or tally: got ${verb}`,
      );
    });
  make(
    command.command("make")
      .description("make a page on which people compare methods"),
    context,
  );
  tally(
    command.command("tally")
      .description("count what people answered there"),
    context,
  );
};
