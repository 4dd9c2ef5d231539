import { envVariable } from "@edit-transfer/files";
import type { AwsClient } from "aws4fetch";
import { createHash } from "node:crypto";
import { backOff, type BackOffOptions } from "./back_off.ts";
import { type ByteStore, checkKey } from "./byte_store.ts";
import { TransientError } from "./transient_error.ts";

/** Longest time for one request in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Options of {@linkcode s3Store}. */
export interface S3Options extends BackOffOptions {
  /**
   * Value of an environment variable.
   *
   * @default {that of the process}
   */
  readonly variable?: ((name: string) => string | undefined) | undefined;
  /**
   * Longest time for one request in milliseconds.
   *
   * @default {60000}
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * Files in a bucket of S3 or of a store that speaks its language.
 *
 * Keys, region and endpoint are those of the environment, as other programs
 * read them: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`,
 * `AWS_REGION`, `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`. With an endpoint
 * of one's own the bucket stands in the path, else in the name of the host.
 * What fails on the way is tried again.
 *
 * @param address `s3://bucket` or `s3://bucket/prefix`.
 * @param options See {@linkcode S3Options}.
 * @returns The store.
 *
 * @throws {Error} If the address or the environment does not do.
 *
 * @example Usage
 * ```ts
 * import { s3Store } from "@edit-transfer/store";
 * import assert from "node:assert/strict";
 *
 * const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
 * const store = await s3Store("s3://edits/of-today", {
 *   variable: (name) => keys[name as keyof typeof keys],
 * });
 * assert.equal(store.address, "s3://edits/of-today");
 * ```
 */
export async function s3Store(
  address: string,
  options: S3Options = {},
): Promise<ByteStore> {
  const { variable = envVariable, timeoutMs = TIMEOUT_MS } = options;
  const [, bucket, prefix] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+([^?#]*?))?\/*$/.exec(
      address,
    ) ?? [];
  if (bucket === undefined) {
    throw new Error(
      `Cannot use the store "${address}" as it must be like s3://bucket/prefix`,
    );
  }
  if (prefix) checkKey(prefix);
  const [accessKeyId, secretAccessKey] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
  ].map((name) => {
    const value = variable(name);
    if (value) return value;
    throw new Error(
      `Cannot open ${address} as ${name} must be set: got nothing`,
    );
  });
  const sessionToken = variable("AWS_SESSION_TOKEN");
  const region = variable("AWS_REGION") || variable("AWS_DEFAULT_REGION") ||
    "us-east-1";
  const endpoint = variable("AWS_ENDPOINT_URL_S3") ||
    variable("AWS_ENDPOINT_URL");
  const root = endpoint
    ? `${endpoint.replace(/\/+$/, "")}/${bucket}`
    : `https://${bucket}.s3.${region}.amazonaws.com`;
  if (!URL.canParse(root)) {
    throw new Error(
      `Cannot open ${address} as AWS_ENDPOINT_URL must be an address: got "${endpoint}"`,
    );
  }
  const { AwsClient } = await import("aws4fetch");
  const client = new AwsClient({
    accessKeyId: accessKeyId!,
    secretAccessKey: secretAccessKey!,
    ...sessionToken ? { sessionToken } : {},
    service: "s3",
    region,
    retries: 0, // tried again here, where lost connections are seen, too
  });
  const urlOf = (key: string) =>
    [root, ...prefix ? [prefix] : [], checkKey(key)].join("/");
  const get = (key: string, method: "GET" | "HEAD") =>
    backOff(() => request(client, urlOf(key), { method }, timeoutMs), options);
  const has = async (key: string) => await get(key, "HEAD") !== undefined;
  return {
    address: address.replace(/\/+$/, ""),
    read: (key) => get(key, "GET"),
    has,
    async write(key, bytes) {
      if (await has(key)) return;
      const hash = createHash("sha256").update(bytes).digest("hex");
      const headers = { "x-amz-content-sha256": hash };
      const body = bytes as Uint8Array<ArrayBuffer>;
      const put = { method: "PUT", headers, body };
      const url = urlOf(key);
      await backOff(async () => {
        const done = await request(client, url, put, timeoutMs);
        if (done !== undefined) return;
        throw new Error(
          `Cannot write ${address} as its bucket must be there: got none`,
        );
      }, options);
    },
  };
}

/** Body of an answer; undefined where there is no such file. */
async function request(
  client: AwsClient,
  url: string,
  init: RequestInit & { readonly method: string },
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  const { method } = init;
  const { host, pathname } = new URL(url);
  const task = `Cannot ${method} ${pathname} of the store at ${host}`;
  let status: number;
  let body: Uint8Array;
  let announced: string | null;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await client.fetch(url, { ...init, signal });
    status = response.status;
    announced = response.headers.get("content-length");
    body = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const { name, message } = cause as Error;
    if (name === "NotCapable" || name === "PermissionDenied") throw cause;
    throw new TransientError(
      name === "TimeoutError"
        ? `${task} as it must answer within ${timeoutMs / 1000} s`
        : `${task}: ${message}`,
      { cause },
    );
  }
  if (status === 404) return undefined;
  if (status >= 200 && status < 300) {
    const whole = method !== "GET" || announced === null ||
      body.length === Number(announced);
    if (whole) return body;
    throw new TransientError(
      `${task} as it must be whole: got ${body.length} of ${announced} bytes`,
    );
  }
  const fault = `${task}: it answers ${status}${codeIn(body)}`;
  throw status === 429 || status === 408 || status >= 500
    ? new TransientError(fault)
    : new Error(fault);
}

/** The word for an error in an answer of S3. */
function codeIn(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, 2000));
  const [, code] = /<Code>(\w+)<\/Code>/.exec(text) ?? [];
  return code === undefined ? "" : ` ${code}`;
}
