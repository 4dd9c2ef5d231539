/** Where a queue is. */
export interface QueueAddress {
  /** Address for the driver, with what secrets it has. */
  readonly connection: string;
  /** The same for people: without password and parameters. */
  readonly shown: string;
}

/**
 * Reads the address of a queue.
 *
 * `sslmode` means what it means to `psql`: `require` encrypts, `verify-full`
 * checks the server's certificate and name, with `sslrootcert=FILE` against that
 * authority. A password that is not in the address is that of `PGPASSWORD` or of
 * the file `PGPASSFILE`.
 *
 * @param text `postgres://USER:PASSWORD@HOST:PORT/DB`, with `?sslmode=…`.
 * @returns See {@linkcode QueueAddress}.
 *
 * @throws {Error} If it is none; the text is not repeated, as it may hold a
 * password.
 *
 * @example Usage
 * ```ts
 * import { queueAddress } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * const address = "postgres://me:secret@host/edits?sslmode=require";
 * assert.equal(queueAddress(address).shown, "postgres://me@host/edits");
 * assert.throws(() => queueAddress("mysql://me:secret@host"), {
 *   message: "Cannot use the queue as its address must be like postgres://USER@HOST:PORT/DB: got another",
 * });
 * ```
 */
export function queueAddress(text: string): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined || !/^postgres(ql)?:$/.test(url.protocol) ||
    url.pathname.length < 2
  ) {
    throw new Error(
      "Cannot use the queue as its address must be like postgres://USER@HOST:PORT/DB: got another",
    );
  }
  const { protocol, username, host, pathname, searchParams } = url;
  const mode = searchParams.get("sslmode");
  const modes = ["disable", "prefer", "require", "verify-ca", "verify-full"];
  if (mode !== null && !modes.includes(mode)) {
    throw new Error(
      `Cannot use the queue as its sslmode must be ${
        modes.join(", ")
      }: got "${mode}"`,
    );
  }
  // without this, the driver reads "require" as "verify-full" and warns
  if (mode !== null) searchParams.set("uselibpqcompat", "true");
  const user = username === "" ? "" : `${username}@`;
  return {
    connection: url.href,
    shown: `${protocol}//${user}${host}${pathname}`,
  };
}
