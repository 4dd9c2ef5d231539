import { print } from "@edit-transfer/terminal";
import { Argument, Command } from "commander";
import { completionScript, type Shell, SHELLS } from "../completion_script.ts";
import type { Context, Verb } from "../verb.ts";
import { loadVerb, VERBS } from "../verbs.ts";

/** `completion`: the completion script of a shell, from the flags of all verbs. */
export const verb: Verb = (command, context) => {
  command
    .addArgument(new Argument("<shell>", "whose script").choices(SHELLS))
    .addHelpText(
      "after",
      `
To use it:
  bash  edit-transfer completion bash > ~/.local/share/bash-completion/completions/edit-transfer
  zsh   edit-transfer completion zsh > ~/.zfunc/_edit-transfer    # a folder of $fpath
  fish  edit-transfer completion fish > ~/.config/fish/completions/edit-transfer.fish`,
    )
    .action(async (shell: Shell) => {
      const program = await commandTree(context);
      print(completionScript(program, shell).trimEnd());
    });
};

/** The program with all its verbs and their flags. */
export async function commandTree(context: Context): Promise<Command> {
  const program = new Command("edit-transfer").helpCommand(false);
  for (const [name, about] of Object.entries(VERBS)) {
    const own = program.command(name).description(about);
    (await loadVerb(name)).verb(own, context);
  }
  return program;
}
