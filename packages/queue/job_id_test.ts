import assert from "node:assert/strict";
import { jobId } from "./job_id.ts";

Deno.test("jobId is a UUID of version 8 that follows from all of the job", () => {
  const ids = Array.from({ length: 200 }, (_, i) => jobId({ i }));
  for (const id of ids) {
    assert.match(
      id,
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids[3], jobId({ i: 3 }));
});
