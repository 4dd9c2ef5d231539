import fc from "fast-check";
import assert from "node:assert/strict";
import { OutOfMemoryError } from "../errors.ts";
import { Heap } from "./heap.ts";

Deno.test("Heap.allocate() never lets two blocks overlap", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.record({ size: fc.integer({ min: 1, max: 3_000_000 }) }),
          fc.record({ free: fc.nat() }),
        ),
        { maxLength: 60 },
      ),
      (steps) => {
        const heap = new Heap("test", 100);
        const blocks: { offset: number; size: number }[] = [];
        for (const step of steps) {
          if ("size" in step) {
            const { size } = step;
            const offset = heap.allocate(size);
            assert.ok(offset >= 100);
            assert.ok(offset + size <= heap.memory.buffer.byteLength);
            for (const other of blocks) {
              assert.ok(
                offset + size <= other.offset ||
                  other.offset + other.size <= offset,
              );
            }
            blocks.push({ offset, size });
          } else if (blocks.length > 0) {
            const [block] = blocks.splice(step.free % blocks.length, 1);
            heap.release(block!.offset, block!.size);
          }
        }
        const used = blocks.reduce((sum, { size }) => sum + size, 0);
        assert.equal(heap.bytes, used);
        assert.ok(heap.peakBytes >= used);
      },
    ),
    { numRuns: 50, seed: 1 },
  );
});

Deno.test("Heap.release() makes room for the same blocks again", () => {
  const heap = new Heap("test", 0);
  const sizes = [100, 2_000_000, 5, 30_000_000];
  const first = sizes.map((size) => heap.allocate(size));
  const { byteLength } = heap.memory.buffer;
  for (let round = 0; round < 20; round++) {
    for (const [i, offset] of first.entries()) heap.release(offset, sizes[i]!);
    for (const [i, size] of sizes.entries()) first[i] = heap.allocate(size);
  }
  assert.equal(heap.memory.buffer.byteLength, byteLength);
});

Deno.test("Heap.allocate() throws when the addresses are used up", () => {
  const heap = new Heap("cpu (1 thread)", 0);
  assert.throws(() => heap.allocate(5 * 2 ** 30), (error: unknown) => {
    assert.ok(error instanceof OutOfMemoryError);
    assert.equal(
      error.message,
      "Cannot allocate 5120.0 MiB on cpu (1 thread) as memory ran out: 0.0 MiB are in use, choose a smaller panel size",
    );
    return true;
  });
  assert.equal(heap.bytes, 0);
});
