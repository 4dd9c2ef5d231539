import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { s3Store } from "./s3_store.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Calls `body` with a store whose server first lets `fault` answer. */
async function inStore(
  fault: Answer,
  body: (
    store: Awaited<ReturnType<typeof s3Store>>,
    seen: string[],
  ) => Promise<void>,
  more: Record<string, string> = {},
): Promise<void> {
  const files = new Map<string, Uint8Array>();
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    seen.push(`${method} ${url}`);
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part);
    if (fault(request, response)) return;
    assert.match(
      headers.authorization!,
      /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/eu-test\/s3\/aws4_request, SignedHeaders=host;/,
    );
    const found = files.get(url!);
    if (method === "PUT") {
      const bytes = new Uint8Array(
        await new Blob(parts as BlobPart[]).arrayBuffer(),
      );
      assert.equal(
        headers["x-amz-content-sha256"],
        createHash("sha256").update(bytes).digest("hex"),
      );
      files.set(url!, bytes);
      response.end();
    } else if (found === undefined) {
      response.writeHead(404).end("<Code>NoSuchKey</Code>");
    } else {
      response.end(method === "HEAD" ? undefined : found);
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const variables: Record<string, string> = {
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "eu-test",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}/`,
    ...more,
  };
  try {
    const store = await s3Store("s3://edits/of/today/", {
      variable: (name) => variables[name],
      firstMs: 1,
      timeoutMs: 500,
    });
    await body(store, seen);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

Deno.test("s3Store writes once what it reads, below its prefix", async () => {
  await inStore(() => false, async (store, seen) => {
    assert.equal(store.address, "s3://edits/of/today");
    assert.equal(await store.read("a/b.png"), undefined);
    await store.write("a/b.png", bytes);
    await store.write("a/b.png", Uint8Array.of(1));
    assert.deepEqual(await store.read("a/b.png"), bytes);
    const puts = seen.filter((line) => line.startsWith("PUT"));
    assert.deepEqual(puts, ["PUT /edits/of/today/a/b.png"]);
    await assert.rejects(store.read("../b"), /Cannot use the key/);
  });
});

Deno.test("s3Store tries again what fails on the way", async () => {
  let number = 0;
  const faults: Answer[] = [
    (_, response) => (response.writeHead(503).end(), true),
    (request) => (request.destroy(), true),
    (_, response) => (response.writeHead(429).end(), true),
    (_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write(bytes.subarray(0, 10));
      response.destroy(); // a part alone
      return true;
    },
    () => true, // no answer at all
  ];
  const everySecond: Answer = (request, response) => {
    const fault = faults[Math.floor(number / 2) % faults.length]!;
    return number++ % 2 === 0 && fault(request, response);
  };
  await inStore(everySecond, async (store) => {
    for (let i = 0; i < 5; i++) {
      await store.write(`${i}.png`, bytes);
      assert.deepEqual(await store.read(`${i}.png`), bytes);
    }
    assert.ok(number >= 20);
  });
});

Deno.test("s3Store says at once what no other try mends", async () => {
  const denied: Answer = (_, response) => {
    response.writeHead(403).end(
      "<Error><Code>SignatureDoesNotMatch</Code></Error>",
    );
    return true;
  };
  await inStore(denied, async (store, seen) => {
    await assert.rejects(store.read("a.png"), {
      name: "Error",
      message:
        /^Cannot GET \/edits\/of\/today\/a.png of the store at 127\.0\.0\.1:\d+: it answers 403 SignatureDoesNotMatch$/,
    });
    assert.equal(seen.length, 1);
  });
  const away: Answer = (_, response) => (response.writeHead(500).end(), true);
  await inStore(away, async (store, seen) => {
    await assert.rejects(store.read("a.png"), { name: "TransientError" });
    assert.equal(seen.length, 6);
  });
});

Deno.test("s3Store refuses addresses and environments that do not do", async () => {
  const set: Record<string, string> = {
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  const open = (address: string, more: Record<string, string> = {}) =>
    s3Store(address, { variable: (name) => ({ ...set, ...more })[name] });
  for (
    const address of [
      "s3://",
      "s3://A/b",
      "s3://a",
      "s3://ab?c",
      "s3://bucket/../x",
    ]
  ) {
    await assert.rejects(open(address), /Cannot use the/);
  }
  await assert.rejects(
    open("s3://bucket", { AWS_ACCESS_KEY_ID: "" }),
    /AWS_ACCESS_KEY_ID must be set/,
  );
  await assert.rejects(
    open("s3://bucket", { AWS_ENDPOINT_URL: "nowhere" }),
    /AWS_ENDPOINT_URL must be an address/,
  );
});
