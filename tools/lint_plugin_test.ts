import plugin, { LAYERS } from "./lint_plugin.ts";
import assert from "node:assert/strict";

/** Messages of the plugin for a source file at a path. */
function messages(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source).map((d) => d.message);
}

Deno.test("house/layers refuses an import of a higher package", () => {
  const source = `import { edit } from "@edit-transfer/transfer";`;
  assert.deepEqual(messages("/project/packages/tensor/ops/add.ts", source), [
    'Package "tensor" must not import "transfer"',
  ]);
  const again = `export * from "@edit-transfer/transfer";`;
  assert.equal(messages("/project/packages/dit/mod.ts", again).length, 1);
});

Deno.test("house/layers accepts an import of a lower package, and tests", () => {
  const down = `import { scope } from "@edit-transfer/tensor";`;
  assert.deepEqual(messages("/project/packages/dit/rope.ts", down), []);
  const test = `import { readGolden } from "@edit-transfer/testing";`;
  assert.deepEqual(messages("/project/packages/dit/rope_test.ts", test), []);
});

Deno.test("house/layers has no cycle", () => {
  const visit = (name: string, above: readonly string[]): void => {
    assert.ok(!above.includes(name), [...above, name].join(" -> "));
    for (const below of LAYERS[name] ?? []) visit(below, [...above, name]);
  };
  for (const name of Object.keys(LAYERS)) visit(name, []);
});

Deno.test("house/layers knows every package and app", () => {
  const folders = ["packages", "apps", "models"].flatMap((parent) =>
    [...Deno.readDirSync(new URL(`../${parent}`, import.meta.url))]
      .map(({ name }) => name)
  );
  assert.deepEqual(
    new Set(Object.keys(LAYERS)),
    new Set(folders.filter((name) => name !== "testing")),
  );
});

Deno.test("the table in ARCHITECTURE.md is that of house/layers", async () => {
  const text = await Deno.readTextFile(
    new URL("../ARCHITECTURE.md", import.meta.url),
  );
  const [, table] = /\n## Who may import whom\n(.*?)\n## /s.exec(text) ?? [];
  const rows = [...table!.matchAll(/^\| (`.*?) +\|.*\| (.*?) +\|$/gm)];
  const layers = rows.flatMap(([, names, imports]) =>
    names!.split(", ").map((name) => [
      name.replaceAll("`", "").replace("apps/", ""),
      imports === "nothing" ? [] : imports!.split(", "),
    ])
  );
  assert.deepEqual(Object.fromEntries(layers), LAYERS);
});

Deno.test("house/error-message checks the grammar of messages", () => {
  const path = "/project/packages/dit/rope.ts";
  assert.deepEqual(messages(path, `throw new Error("no adapter");`), [
    "Error message must start with a capital letter",
  ]);
  assert.deepEqual(messages(path, `throw new Error("Cannot run.");`), [
    "Error message must end without a period",
  ]);
  assert.deepEqual(messages(path, `throw new Error("Can't run");`), [
    "Error message must use no contraction",
  ]);
  assert.deepEqual(messages(path, `throw new Error("Cannot run");`), []);
});

Deno.test("house/optional-property wants readonly and undefined", () => {
  const path = "/project/packages/dit/rope.ts";
  const check = (member: string) =>
    messages(path, `export interface RopeOptions { ${member} }`);
  assert.deepEqual(check("steps?: number"), [
    "Optional property must take undefined, so that callers need no conditional spread",
  ]);
  assert.deepEqual(check("steps?: number | undefined"), [
    "Optional property must be readonly",
  ]);
  assert.deepEqual(check("readonly steps?: number | undefined"), []);
  assert.deepEqual(check("steps: number"), []);
});
