/** Whether the program may use a path without asking anybody. */
export function mayUse(access: "read" | "write", path: string): boolean {
  const { Deno } = globalThis as {
    readonly Deno?: {
      permissions: {
        querySync(ask: { name: string; path: string }): { state: string };
      };
    } | undefined;
  };
  return Deno === undefined ||
    Deno.permissions.querySync({ name: access, path }).state === "granted";
}
