import { UsageError } from "./exit_code.ts";

/**
 * A value that a command cannot do without, e.g. `required(flags.output,
 * "draw figures", "-o DIR")`. Commander's own check would come before that of
 * unknown flags, and hide a misspelt one.
 */
export function required<Value>(
  value: Value | undefined,
  task: string,
  flag: string,
): Value {
  if (value !== undefined) return value;
  throw new UsageError(`Cannot ${task} as ${flag} is required: got none`);
}
