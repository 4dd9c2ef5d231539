import { hashFile } from "@edit-transfer/files";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

Deno.test("hashFile() is SHA-256, and of large files that of size and ends", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hash-"));
  const path = join(folder, "a");
  try {
    const bytes = Uint8Array.from({ length: 9_000_001 }, (_, i) => i % 251);
    await writeFile(path, bytes);
    const whole = createHash("sha256").update(bytes).digest("hex");
    assert.equal(await hashFile(path), whole);

    const large = 257 * 2 ** 20; // with a hole, so that no disk is filled
    {
      await using file = await open(path, "r+");
      await file.truncate(large);
    }
    const first = await hashFile(path);
    assert.match(first, /^ends:[0-9a-f]{64}$/);
    {
      await using file = await open(path, "r+");
      await file.write(Uint8Array.of(1), 0, 1, large - 1);
    }
    assert.notEqual(await hashFile(path), first);
    await assert.rejects(() => hashFile(join(folder, "none")), /ENOENT/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
