import { mkdir } from "node:fs/promises";
import { createServer, request as forward } from "node:http";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../packages/queue/_test_postgres.ts";

/** A store on loopback that speaks S3. */
export interface S3Server extends AsyncDisposable {
  /** Environment with which programs reach it. */
  readonly env: Record<string, string>;
  /** Requests that it did not serve. */
  readonly failed: number;
}

/**
 * Runs s3rver of npm with a bucket `edits`, behind a server that is slow or lets
 * requests fail: by turns with an answer 503, and by breaking the connection.
 */
export async function s3Server(
  folder: string,
  { failEvery, delayMs }: {
    readonly failEvery: number | undefined;
    readonly delayMs: number;
  },
): Promise<S3Server> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const child = new Deno.Command("npx", {
    args: [
      ...["-y", "s3rver@3.7.1", "-d", folder, "-a", "127.0.0.1"],
      ...["-p", `${port}`, "--silent", "--configure-bucket", "edits"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let failed = 0;
  let seen = 0;
  const front = createServer(async (incoming, answer) => {
    seen++;
    if (delayMs > 0) await setTimeout(delayMs);
    if (failEvery !== undefined && seen % failEvery === 0) {
      failed++;
      if (failed % 2 === 0) return incoming.destroy();
      incoming.resume();
      answer.writeHead(503).end();
      return;
    }
    const { method, url, headers } = incoming;
    const request = forward({ port, method, path: url, headers }, (reply) => {
      answer.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(answer);
    });
    request.on("error", () => answer.destroy());
    incoming.pipe(request);
  });
  await new Promise<void>((ready) => front.listen(0, "127.0.0.1", ready));
  const { port: open } = front.address() as { port: number };
  for (let tries = 0;; tries++) {
    const there = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.body?.cancel().then(() => true) ?? true,
      () => false,
    );
    if (there) break;
    if (tries > 300) throw new Error("Cannot start s3rver within 60 s");
    await setTimeout(200);
  }
  return {
    env: {
      AWS_ACCESS_KEY_ID: "S3RVER",
      AWS_SECRET_ACCESS_KEY: "S3RVER",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${open}`,
    },
    get failed() {
      return failed;
    },
    async [Symbol.asyncDispose]() {
      front.closeAllConnections();
      await new Promise((done) => front.close(done));
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
