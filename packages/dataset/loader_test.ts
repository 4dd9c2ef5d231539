import fc from "fast-check";
import assert from "node:assert/strict";
import { Loader, type LoaderCursor } from "./loader.ts";

Deno.test("an epoch draws each item once, in another order than the next", () => {
  const loader = new Loader(42, { batchSize: 4, seed: 42 });
  const epochs = [0, 1].map(() =>
    Array.from({ length: loader.batches }, () => loader.next())
  );
  for (const epoch of epochs) {
    assert.deepEqual(epoch.map((batch) => batch.length), [
      ...Array(10).fill(4),
      2,
    ]);
    const order = epoch.flat().map((draw) => draw.index);
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      order.map((_, i) => i),
    );
  }
  assert.notDeepEqual(epochs[0], epochs[1]);
  assert.equal(loader.cursor.epoch, 2);
});

Deno.test("a cursor through JSON continues with the identical draws", () => {
  fc.assert(fc.property(
    fc.record({
      size: fc.integer({ min: 1, max: 20 }),
      batchSize: fc.integer({ min: 1, max: 7 }),
      seed: fc.nat(),
      before: fc.nat(15),
    }),
    ({ size, batchSize, seed, before }) => {
      const straight = new Loader(size, { batchSize, seed });
      for (let i = 0; i < before; i++) straight.next();
      const cursor = JSON.parse(
        JSON.stringify(straight.cursor),
      ) as LoaderCursor;
      const resumed = new Loader(size, { batchSize, seed: 0, cursor });
      for (let i = 0; i < 12; i++) {
        assert.deepEqual(resumed.next(), straight.next());
        assert.deepEqual(resumed.cursor, straight.cursor);
      }
    },
  ));
});

Deno.test("a batch holds one bucket, and an epoch all items", () => {
  fc.assert(fc.property(
    fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 5 }),
    fc.nat(),
    (buckets, batchSize, seed) => {
      const options = { batchSize, seed, buckets };
      const loader = new Loader(buckets.length, options);
      const drawn: number[] = [];
      const small = new Map<string, number>();
      while (loader.cursor.epoch === 0) {
        const { cursor } = loader;
        const batch = loader.next();
        const twin = new Loader(buckets.length, { ...options, cursor });
        assert.deepEqual(twin.next(), batch);
        const names = new Set(batch.map(({ index }) => buckets[index]!));
        assert.equal(names.size, 1);
        const [name] = names as unknown as [string];
        if (batch.length < batchSize) {
          small.set(name, (small.get(name) ?? 0) + 1);
        }
        drawn.push(...batch.map(({ index }) => index));
      }
      assert.deepEqual(drawn.sort((a, b) => a - b), [...buckets.keys()]);
      assert.ok([...small.values()].every((count) => count === 1));
    },
  ));
  const one = { batchSize: 3, seed: 5 };
  const plain = new Loader(8, one);
  const same = new Loader(8, { ...one, buckets: Array(8).fill("64x64") });
  for (let i = 0; i < 6; i++) assert.deepEqual(same.next(), plain.next());
  const cursor = { ...plain.cursor, position: 1 };
  assert.throws(() => new Loader(8, { ...one, cursor }), {
    message:
      "Cannot load data as the cursor must be where a batch of 3 begins: got position 1",
  });
});

Deno.test("other seeds give other draws", () => {
  const first = (seed: number) => new Loader(9, { batchSize: 9, seed }).next();
  assert.notDeepEqual(first(1), first(2));
});

Deno.test("bad numbers and cursors are refused", () => {
  assert.throws(() => new Loader(0, { batchSize: 1, seed: 1 }), {
    message: "Cannot load data as size must be an integer >= 1: got 0",
  });
  const { cursor } = new Loader(9, { batchSize: 1, seed: 1 });
  assert.throws(
    () =>
      new Loader(9, {
        batchSize: 1,
        seed: 1,
        cursor: { ...cursor, position: 9 },
      }),
    {
      message:
        "Cannot load data as the cursor must be within 9 items: got epoch 0, position 9",
    },
  );
});
