import assert from "node:assert/strict";
import { isServerGone } from "./server_gone.ts";

Deno.test("isServerGone tells a lost server from a refusal", () => {
  const coded = (code: string) => Object.assign(new Error("Lost"), { code });
  const gone = [
    ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTFOUND", "EHOSTUNREACH"],
    ...["08006", "57P01", "57P02", "57P03", "53300"],
  ];
  for (const code of gone) assert.ok(isServerGone(coded(code)), code);
  assert.ok(isServerGone(new Error("Connection terminated unexpectedly")));
  assert.ok(isServerGone(new Error("Lost", { cause: coded("ECONNRESET") })));
  assert.ok(isServerGone(new AggregateError([coded("ECONNREFUSED")])));
  for (const code of ["28P01", "3D000", "42P01", "57014", "ENOENT"]) {
    assert.equal(isServerGone(coded(code)), false, code);
  }
  assert.equal(isServerGone("gone"), false);
});
