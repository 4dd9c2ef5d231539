import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { type Handler, sendForever } from "./_test_hostile_hub.ts";

/** Commit of the repository `owner/model`. */
export const SHA = "c".repeat(40);
/** Its large file. */
export const WEIGHTS = Uint8Array.from(
  { length: 200_000 },
  (_, i) => (i * 7919) >> 5,
);
/** Name of the large file. */
export const NAME = "vae/w.safetensors";
/** Hash and bytes of it. */
export const HEX = createHash("sha256").update(WEIGHTS).digest("hex");
export const SIZE = WEIGHTS.length;

/** What a hub is asked for. */
export type Route = "info" | "tree" | "file";

/** Where a scenario happens. */
export interface Place {
  /** Address of the hub, and of a server that is not the hub. */
  readonly hub: string;
  readonly elsewhere: string;
  /** Folder of the repository in the cache, and one outside of it. */
  readonly folder: string;
  readonly outside: string;
}

/** A hub that is faulty or hostile. */
export interface Scenario {
  readonly name: string;
  /** What it asks the hub, whose answer is not the honest one. */
  readonly route: Route;
  /** What the server does with it. */
  does(place: Place): Handler;
  /** What the other server does. */
  readonly elsewhere?: (place: Place) => Handler;
  /** The sentence; "pulled" where the pull succeeds nevertheless. */
  readonly expected: RegExp | "pulled";
  /** Makes what an earlier pull, or somebody else, has left. */
  readonly before?: (place: Place) => Promise<void>;
  /** @default {"main"} */
  readonly revision?: string;
}

/** The honest answers. */
export const HONEST: Record<Route, Handler> = {
  info: (_, response) => json(response, { sha: SHA }),
  tree: (_, response) =>
    json(response, [{ type: "directory", path: "vae", size: 0 }, entry()]),
  file: (request, response) => {
    const start = Number(request.headers.range?.match(/=(\d+)-/)?.[1] ?? 0);
    if (start > 0) {
      response.statusCode = 206;
      response.setHeader("Content-Range", `bytes ${start}-${SIZE - 1}/${SIZE}`);
    }
    response.setHeader("Content-Length", SIZE - start);
    response.end(WEIGHTS.subarray(start));
  },
};

/** Entry of the file, with some fields changed. */
export function entry(change: Record<string, unknown> = {}): unknown {
  const lfs = { oid: HEX, size: SIZE };
  return { type: "file", path: NAME, size: SIZE, oid: "a", lfs, ...change };
}

/** Answers in JSON. */
export function json(response: ServerResponse, value: unknown): void {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(value));
}

/** Adds scenarios to a list whose server does the same everywhere. */
export function adder(scenarios: Scenario[]) {
  return (
    route: Route,
    name: string,
    handler: Handler,
    expected: RegExp | "pulled",
    before?: Scenario["before"],
  ): void => {
    scenarios.push({
      name: `${route}: ${name}`,
      route,
      does: () => handler,
      expected,
      ...(before && { before }),
    });
  };
}

/** Sends a body. */
export const body = (content: string | Uint8Array): Handler => (_, response) =>
  void response.end(content);
/** Sends JSON. */
export const value = (content: unknown): Handler => (_, response) =>
  json(response, content);
/** Sends a status, with an escape in its body. */
export const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_, response) => void response.writeHead(code, headers).end("\x1b[2Jno");
/** Sends bytes that need not be HTTP. */
export const raw = (text: string): Handler => ({ socket }) =>
  void socket.end(Buffer.from(text, "latin1"));
/** Sends a piece again and again. */
export const forever =
  (piece: string | Uint8Array, everyMs: number): Handler => (_, response) =>
    sendForever(response, piece, everyMs);
/** Sends a body in gzip. */
export const packed =
  (content: string | Uint8Array): Handler => (_, response) =>
    void response.writeHead(200, { "Content-Encoding": "gzip" })
      .end(gzipSync(content));

/** Sentence of an error about the repository. */
export const says = (text: string) =>
  new RegExp(`^Cannot pull owner/model as ${text}`);
