import { FormatError } from "./format_error.ts";

/** Validator of a parsed config; every zod schema is one. */
export interface ConfigSchema<T> {
  /** Checks a value and reports each fault with its place and rule. */
  safeParse(json: unknown): {
    readonly success: true;
    readonly data: T;
  } | {
    readonly success: false;
    readonly error: {
      readonly issues: readonly {
        readonly path: readonly PropertyKey[];
        readonly message: string;
      }[];
    };
  };
}

/** Options of {@linkcode parseModelConfig}. */
export interface ParseModelConfigOptions {
  /** Where the config was read, for messages. */
  path: string;
  /** Class that the config has to describe, e.g. `"AutoencoderKL"`. */
  architecture: string;
}

/**
 * Checks the parsed `config.json` of a model.
 *
 * The architecture is what `_class_name` (diffusers) or `architectures`
 * (transformers) says; a config that says nothing is taken as it is.
 *
 * @param json Parsed JSON.
 * @param schema Validator whose messages are rules such as "must be an integer >= 1".
 * @param options See {@linkcode ParseModelConfigOptions}.
 * @returns What the schema makes of the config.
 *
 * @throws {FormatError} If a field does not fit or the architecture is another.
 *
 * @example Usage
 * ```ts
 * import { parseModelConfig } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 * import { z } from "zod";
 *
 * const schema = z.object({ layers: z.int("must be an integer") });
 * const options = { path: "vae/config.json", architecture: "AutoencoderKL" };
 *
 * assert.deepEqual(parseModelConfig({ layers: 2 }, schema, options), { layers: 2 });
 * assert.throws(() => parseModelConfig({}, schema, options), {
 *   name: "FormatError",
 *   message: 'Cannot read "vae/config.json" as "layers" must be an integer: got nothing',
 * });
 * ```
 */
export function parseModelConfig<T>(
  json: unknown,
  schema: ConfigSchema<T>,
  options: ParseModelConfigOptions,
): T {
  const { path, architecture } = options;
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new FormatError(
      `Cannot read "${path}" as a config must be an object: got ${shown(json)}`,
      { path },
    );
  }
  const { _class_name, architectures } = json as Record<string, unknown>;
  const named = [_class_name, architectures].flat()
    .filter((name) => typeof name === "string");
  if (named.length > 0 && !named.includes(architecture)) {
    throw new FormatError(
      `Cannot read "${path}" as the architecture must be ${architecture}: got ${
        named.join(", ")
      }`,
      { path },
    );
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  let got: unknown = json;
  for (const key of issue!.path) {
    got = (got as Record<PropertyKey, unknown>)?.[key];
  }
  throw new FormatError(
    `Cannot read "${path}" as "${issue!.path.map(String).join(".")}" ${
      issue!.message
    }: got ${shown(got)}`,
    { path },
  );
}

/** A value in a message, short. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
