import assert from "node:assert/strict";
import { queueAddress } from "./queue_address.ts";

Deno.test("queueAddress hides the password and everything behind the database", () => {
  const shown = (text: string) => queueAddress(text).shown;
  assert.equal(shown("postgres://a:b@c:1/d"), "postgres://a@c:1/d");
  assert.equal(shown("postgresql://c/d?password=b"), "postgresql://c/d");
  assert.equal(shown("postgres://a:p%40ss%2F@c/d#b"), "postgres://a@c/d");
});

Deno.test("queueAddress repeats nothing of what it refuses", () => {
  for (
    const text of [
      ...["", "edits", "mysql://a:secret@b/c", "postgres://a:secret@b"],
      ...["postgres://a:secret@b/", "postgres://a:sec ret@b:x/c"],
    ]
  ) {
    assert.throws(() => queueAddress(text), {
      message:
        "Cannot use the queue as its address must be like postgres://USER@HOST:PORT/DB: got another",
    });
  }
  assert.throws(() => queueAddress("postgres://a:secret@b/c?sslmode=maybe"), {
    message:
      'Cannot use the queue as its sslmode must be disable, prefer, require, verify-ca, verify-full: got "maybe"',
  });
});
