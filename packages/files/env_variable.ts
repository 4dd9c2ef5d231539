import process from "node:process";

/**
 * Value of an environment variable, where the program may read it.
 *
 * @param name Name of the variable.
 * @returns Its value; undefined where it is not set, or reading it is not
 * permitted.
 *
 * @example Usage
 * ```ts
 * import { envVariable } from "@edit-transfer/files";
 * import assert from "node:assert/strict";
 *
 * assert.equal(envVariable("NO_SUCH_VARIABLE"), undefined);
 * ```
 */
export function envVariable(name: string): string | undefined {
  const { Deno } = globalThis as {
    readonly Deno?: {
      permissions: {
        querySync(ask: { name: "env"; variable: string }): { state: string };
      };
    } | undefined;
  };
  if (
    Deno !== undefined &&
    Deno.permissions.querySync({ name: "env", variable: name }).state !==
      "granted"
  ) return undefined;
  return globalThis.process === undefined ? undefined : process.env[name];
}
