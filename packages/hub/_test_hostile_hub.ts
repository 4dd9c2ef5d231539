import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** What a server does with a request. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
) => void;

/** A server on 127.0.0.1 whose behaviour changes between two pulls. */
export interface HostileServer extends AsyncDisposable {
  readonly url: string;
  /** Paths and tokens of the requests so far. */
  readonly requests: { readonly path: string; readonly token?: string }[];
  /** What it does now. */
  handler: Handler;
}

/** Starts a server that does what its handler says. */
export async function hostileServer(handler: Handler): Promise<HostileServer> {
  const requests: { path: string; token?: string }[] = [];
  const server = createServer((request, response) => {
    const { authorization: token } = request.headers;
    requests.push({ path: request.url!, ...(token && { token }) });
    response.on("error", () => {});
    hub.handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hub: HostileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    handler,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return hub;
}

/** Sends a piece again and again until the other side has gone. */
export function sendForever(
  response: ServerResponse,
  piece: string | Uint8Array,
  everyMs: number,
): void {
  const timer = setInterval(() => {
    if (!response.destroyed && !response.writableNeedDrain) {
      response.write(piece);
    }
  }, everyMs);
  response.on("close", () => clearInterval(timer));
}
