import type { Command } from "commander";

/** What a verb gets besides its flags. */
export interface Context {
  /** Aborted when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Declares a verb on its command: arguments, flags, help, and as the action what
 * it does. Results go to the standard output by `print`, words for people to
 * the standard error stream by `Progress.note` or `warn`.
 *
 * A verb is a file in `commands/` that exports one as `verb`, and a line in the
 * table of `main.ts`, which loads the file when the verb is called.
 */
export type Verb = (command: Command, context: Context) => void;
