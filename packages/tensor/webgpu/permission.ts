interface Permissions {
  querySync(
    ask: { name: "read" | "write"; path: string } | {
      name: "run";
      command: string;
    },
  ): { state: string };
}

/** Whether the program may use a path without asking anybody. */
export function mayUse(access: "read" | "write", path: string): boolean {
  return granted({ name: access, path });
}

/** Whether the program may start another one without asking anybody. */
export function mayRun(command: string): boolean {
  return granted({ name: "run", command });
}

function granted(ask: Parameters<Permissions["querySync"]>[0]): boolean {
  const { Deno } = globalThis as {
    readonly Deno?: { permissions: Permissions } | undefined;
  };
  return Deno === undefined ||
    Deno.permissions.querySync(ask).state === "granted";
}
