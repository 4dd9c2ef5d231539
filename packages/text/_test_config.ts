import { FormatError } from "@edit-transfer/weights";
import fc from "fast-check";
import assert from "node:assert/strict";

/** A field that differs from a good config, and what is said of it. */
export interface ConfigFault {
  readonly change: Readonly<Record<string, unknown>>;
  readonly fault: string;
}

/** Registers tests that each fault is named, and that no config is worse. */
export function testConfigFaults(
  parse: (json: unknown, path: string) => object,
  good: Readonly<Record<string, unknown>>,
  faults: readonly ConfigFault[],
): void {
  const path = "folder/config.json";

  Deno.test.each(faults)(
    `${parse.name}() says that $fault`,
    ({ change, fault }) => {
      assert.throws(
        () => parse({ ...good, ...change }, path),
        (error: unknown) => {
          assert.ok(error instanceof FormatError);
          assert.equal(error.message, `Cannot read "${path}" as ${fault}`);
          return true;
        },
      );
    },
  );

  Deno.test(`${parse.name}() answers any config with an error or sizes`, () => {
    const field = fc.constantFrom(...Object.keys(good));
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (changes) => {
        try {
          const config = parse({ ...good, ...changes }, path);
          const sizes = Object.values(config).filter((v) =>
            typeof v === "number"
          );
          assert.ok(sizes.every((size) => size >= 0 && Number.isFinite(size)));
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
}
