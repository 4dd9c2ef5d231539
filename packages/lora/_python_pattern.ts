import { LoraError } from "./lora_error.ts";

/** Whether a text matches, as a whole. */
export type Pattern = (text: string) => boolean;

/** Letters that mean themselves in any pattern, dots and a `^` in front aside. */
const PLAIN = /^\^?[\w.-]+$/;

/**
 * A key of PEFT's `alpha_pattern` and `rank_pattern`: a regular expression of
 * Python for the end of a layer's path, beginning at a segment, or for all of it
 * after a `^`.
 *
 * The time to match is linear in the text, whatever a file asks for; so there
 * are no lookarounds and no references back.
 *
 * Source: `get_pattern_key` of huggingface/peft 0.21.2, utils/other.py.
 */
export async function pathEnd(
  key: string,
  { path, where }: { path: string; where: string },
): Promise<Pattern> {
  return PLAIN.test(key)
    ? plainEnd(key)
    : await pythonPattern(`(.*\\.)?(${key})$`, { key, path, where });
}

/** A regular expression of Python for a whole text, as `re.fullmatch` has it. */
export async function pythonPattern(
  source: string,
  { key = source, path, where }: {
    readonly key?: string | undefined;
    path: string;
    where: string;
  },
): Promise<Pattern> {
  const { RE2JS } = await import("re2js"); // few files need it
  try {
    const compiled = RE2JS.compile(source);
    return (text) => compiled.matches(text);
  } catch (cause) {
    throw new LoraError(
      `Cannot read ${where} as a pattern must be a regular expression without lookarounds: got "${
        key.slice(0, 80)
      }"`,
      { path, cause },
    );
  }
}

/** Without letters that have a meaning, but for dots, which are any letter. */
function plainEnd(key: string): Pattern {
  const whole = key.startsWith("^");
  const dots = (whole ? key.slice(1) : key).replaceAll("-", "\\-")
    .replaceAll(".", "[^\\n]");
  const pattern = new RegExp(`${whole ? "^" : "(^|[.])"}${dots}$`);
  return (text) => pattern.test(text);
}
