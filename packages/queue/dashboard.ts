import { queueAddress } from "./queue_address.ts";

/** A dashboard that is served. */
export interface Dashboard extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
}

/**
 * Serves the engine's own dashboard, to this machine alone.
 *
 * @param address See {@linkcode queueAddress}.
 * @param options The port; 0 for a free one.
 * @returns See {@linkcode Dashboard}.
 *
 * @throws {Error} If the address is none of a queue.
 *
 * @example Usage
 * ```ts
 * import { openDashboard } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openDashboard("edits", { port: 0 }), /like postgres:/);
 * ```
 */
export async function openDashboard(
  address: string,
  options: { readonly port: number },
): Promise<Dashboard> {
  const { connection, shown } = queueAddress(address);
  const { createDashboardHandler } = await load();
  const handler = createDashboardHandler({
    databases: [{ url: connection, name: shown }],
  });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: options.port,
    onListen() {},
  }, handler);
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await handler.close();
    },
  };
}

/** The dashboard, by a name that is computed: Deno would read it with the queue. */
function load(): Promise<typeof import("@pg-boss/dashboard/handler")> {
  const name = "@pg-boss/dashboard/handler";
  return import(name);
}
