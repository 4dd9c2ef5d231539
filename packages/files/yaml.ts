/**
 * YAML that people write by hand, in a module of its own as its parser is large.
 *
 * @example Usage
 * ```ts
 * import { parseYaml } from "@edit-transfer/files/yaml";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseYaml("a: [1, two]"), { a: [1, "two"] });
 * ```
 *
 * @module
 */
import { parseDocument } from "yaml";
import { checkTexts, RuleError } from "./json_text.ts";

/** Nodes that aliases of one anchor may stand for. */
const MAX_ALIASES = 100;

/**
 * Value of a YAML or JSON text: one document, each key once in an object, texts
 * as {@linkcode parseJson} wants them, at most 64 deep.
 *
 * @param text The text.
 * @returns The value, of any shape.
 *
 * @throws {RuleError} If it is not such YAML; the message is the rule, as the
 * end of a sentence.
 *
 * @example Usage
 * ```ts
 * import { parseYaml } from "@edit-transfer/files/yaml";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => parseYaml("a: 1\na: 2"), /must be YAML or JSON: got /);
 * ```
 */
export function parseYaml(text: string): unknown {
  const value = parsed(text);
  checkTexts(value);
  return value;
}

function parsed(text: string): unknown {
  let fault: string;
  try {
    const document = parseDocument(text, { uniqueKeys: true });
    const [error] = document.errors;
    if (error === undefined) {
      return document.toJS({ maxAliasCount: MAX_ALIASES });
    }
    fault = error.message.split("\n")[0]!.replace(/:$/, "");
  } catch (cause) {
    const { message } = cause as Error;
    if (/excessive alias count/i.test(message)) {
      throw new RuleError(
        `its aliases must stand for at most ${MAX_ALIASES} nodes of an anchor: got more`,
      );
    }
    fault = message.split("\n")[0]!;
  }
  throw new RuleError(
    /call stack/i.test(fault)
      ? "it must be nested at most 64 deep: got too many levels"
      : `it must be YAML or JSON: got ${fault}`,
  );
}
