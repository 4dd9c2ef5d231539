import process from "node:process";

/** Value of an environment variable, where the program may read it. */
export function env(name: string): string | undefined {
  const { Deno } = globalThis as {
    Deno?: {
      permissions: {
        querySync(ask: { name: "env"; variable: string }): { state: string };
      };
    };
  };
  if (
    Deno !== undefined &&
    Deno.permissions.querySync({ name: "env", variable: name }).state !==
      "granted"
  ) return undefined;
  return globalThis.process === undefined ? undefined : process.env[name];
}
