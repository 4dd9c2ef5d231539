import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

/** Commit that the test repository has. */
export const COMMIT = "c".repeat(40);

/** How a test hub behaves. */
export interface HubBehaviour {
  /** Files of the repository `owner/model`. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Files in LFS, with a SHA-256. */
  readonly lfs: readonly string[];
  /** Bytes after which each answer with content is dropped, the first few times. */
  readonly drops?: readonly number[];
  /** Bytes after which an answer with content stays open, the first few times. */
  readonly stalls?: readonly number[];
  /** Bytes of content in a millisecond, at most; without it as fast as can be. */
  readonly pace?: number;
  /** Bytes that are sent instead of some files'. */
  readonly wrong?: Readonly<Record<string, Uint8Array>>;
  /** Answers content without this token with this status and code. */
  readonly gate?: {
    readonly token: string;
    readonly status: 401 | 403;
    readonly code: string;
  };
  /** Statuses of the first answers. */
  readonly statuses?: readonly number[];
  /** Seconds that these ask to wait. */
  readonly retryAfter?: string;
}

/** A server on 127.0.0.1 that speaks the hub's protocol. */
export interface TestHub extends AsyncDisposable {
  readonly url: string;
  /** Requests so far, e.g. `"GET /a bytes=5-9"`. */
  readonly requests: string[];
  /** Waits for the next answer that stays open, and for its bytes to arrive. */
  stalled(): Promise<void>;
}

/** Starts a test hub. */
export async function testHub(behaviour: HubBehaviour): Promise<TestHub> {
  const { files, lfs, wrong = {}, gate, pace } = behaviour;
  const drops = [...behaviour.drops ?? []];
  const stalls = [...behaviour.stalls ?? []];
  let onStall = Promise.withResolvers<void>();
  const statuses = [...behaviour.statuses ?? []];
  const requests: string[] = [];
  const json = (response: ServerResponse, value: unknown) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(value));
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://x");
    const path = decodeURIComponent(url.pathname);
    const { range, authorization } = request.headers;
    requests.push([request.method, path, range].filter(Boolean).join(" "));
    const status = statuses.shift();
    if (status !== undefined) {
      response.statusCode = status;
      const { retryAfter } = behaviour;
      if (retryAfter) response.setHeader("Retry-After", retryAfter);
      return response.end();
    }
    if (path === "/api/models/owner/model/revision/main") {
      return json(response, { _id: "1", id: "owner/model", sha: COMMIT });
    }
    if (path === `/api/models/owner/model/tree/${COMMIT}`) {
      return json(response, Object.entries(files).map(entryOf(lfs)));
    }
    const name = path.replace(`/owner/model/resolve/${COMMIT}/`, "");
    const content = wrong[name] ?? files[name];
    if (content === undefined) {
      response.statusCode = 404;
      response.setHeader("X-Error-Code", "RepoNotFound");
      return response.end();
    }
    if (gate !== undefined && authorization !== `Bearer ${gate.token}`) {
      response.statusCode = gate.status;
      response.setHeader("X-Error-Code", gate.code);
      return response.end("Access is restricted");
    }
    const start = Number(range?.match(/^bytes=(\d+)-/)?.[1] ?? 0);
    response.statusCode = range === undefined ? 200 : 206;
    const part = content.subarray(start);
    if (range !== undefined) {
      const size = content.length;
      response.setHeader(
        "Content-Range",
        `bytes ${start}-${size - 1}/${size}`,
      );
    }
    response.setHeader("Content-Length", part.length);
    const stall = stalls.shift();
    if (stall !== undefined) {
      response.write(part.subarray(0, stall), () => {
        setTimeout(300).then(() => onStall.resolve());
      });
      return;
    }
    const drop = drops.shift();
    if (drop === undefined || drop >= part.length) {
      return pace === undefined
        ? response.end(part)
        : sendSlowly(response, part, pace);
    }
    response.write(part.subarray(0, drop), () => {
      // what was written has to arrive before the end
      setTimeout(20).then(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async stalled() {
      await onStall.promise;
      onStall = Promise.withResolvers();
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Sends content a few milliseconds' worth at a time. */
async function sendSlowly(
  response: ServerResponse,
  content: Uint8Array,
  pace: number,
): Promise<void> {
  const step = 5 * pace;
  for (let at = 0; at < content.length && !response.destroyed; at += step) {
    response.write(content.subarray(at, at + step));
    await setTimeout(5);
  }
  response.end();
}

/** Entry of a file as the hub lists it. */
function entryOf(lfs: readonly string[]) {
  return ([path, content]: [string, Uint8Array]) => {
    const hash = (kind: string, prefix = "") =>
      createHash(kind).update(prefix).update(content).digest("hex");
    const size = content.length;
    return {
      type: "file",
      path,
      size,
      oid: hash("sha1", `blob ${size}\0`),
      ...(lfs.includes(path)
        ? { lfs: { oid: hash("sha256"), size, pointerSize: 130 } }
        : {}),
    };
  };
}
