import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { NO_ADAPTER, testAdapter } from "../_test_adapter.ts";
import { TOGGLES } from "./adapter.ts";
import { f16Fault, type F16TrialOptions } from "./f16_trial.ts";
import { findGpu, openWebGpuDevice } from "./device.ts";

const CARD = {
  info: { vendor: "nvidia", architecture: "turing", description: "Card 9000" },
  features: new Set(["shader-f16"]),
} as unknown as GPUAdapter;

/** A trial on such a card of programs in place of the real one, in a folder. */
async function withCard(
  body: (
    trial: (text: string, options?: F16TrialOptions) => Promise<
      string | undefined
    >,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(os.tmpdir(), "f16-"));
  const file = join(folder, "program.mjs");
  try {
    await body(async (text, options) => {
      await writeFile(file, text);
      const program = pathToFileURL(file);
      return await f16Fault(CARD, { folder, program, ...options });
    }, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const sentence = (what: string) =>
  `f16 and matrix units are off on Card 9000, as a trial of them in another process ${what}: products run in f32; "doctor" tries again`;

for (
  const [name, program, fault] of [
    ["is right", "", undefined],
    ["is wrong", "process.exit(3)", "gave wrong results"],
    ["aborts", "process.abort()", "ended with SIGABRT"],
    ["hangs", "setInterval(() => {}, 1000)", "did not end within 3 s"],
  ] as const
) {
  Deno.test(`f16Fault() of a trial that ${name}, which is remembered`, () =>
    withCard(async (trial, folder) => {
      const limit = name === "hangs" ? 3000 : 60_000;
      const expected = fault && sentence(fault);
      const text = `import process from "node:process"; ${program}`;
      assert.equal(await trial(text, { limit }), expected);
      const kept = join(folder, "edit-transfer", "f16");
      const [file, ...others] = await readdir(kept);
      assert.deepEqual(others, []);
      const json = await readFile(join(kept, file!), "utf8");
      assert.equal(JSON.parse(json).fault, fault ?? null);
      const opposite = fault === undefined ? "process.exit(3)" : "";
      assert.equal(await trial(opposite), expected, "remembered");
    }));
}

Deno.test("f16Fault() of a trial that throws is not remembered for good", () =>
  withCard(async (trial, folder) => {
    const fault = await trial("throw new Error('not found')");
    assert.equal(fault, sentence("ended with exit code 1"));
    assert.deepEqual(await readdir(folder), ["program.mjs"]);
    assert.equal(await trial("", { again: true }), undefined);
  }));

Deno.test("f16Fault() tries again if asked to, and reads what another process kept", () =>
  withCard(async (trial, folder) => {
    const kept = join(folder, "edit-transfer", "f16");
    await trial("Deno.exit(3)");
    const [file] = await readdir(kept);
    assert.equal(await trial("", { again: true }), undefined);
    const text = await readFile(join(kept, file!), "utf8");
    assert.equal(JSON.parse(text).fault, null);
    assert.equal(await trial("Deno.exit(3)"), undefined);
  }));

Deno.test("f16Fault() tries nothing on other cards", async () => {
  const nowhere = { program: new URL("file:///nowhere.mjs") };
  const amd = { ...CARD, info: { ...CARD.info, vendor: "amd" } };
  assert.equal(await f16Fault(amd, nowhere), undefined);
  const old = { ...CARD, features: new Set<GPUFeatureName>() };
  assert.equal(await f16Fault(old, nowhere), undefined);
});

Deno.test({
  name:
    "f16Fault() leaves f16 off, unremembered, where no process may be started",
  permissions: { read: true, env: true, write: true, sys: true, run: false },
  async fn() {
    const folder = await mkdtemp(join(os.tmpdir(), "f16-"));
    assert.equal(
      await f16Fault(CARD, { folder }),
      sentence("may not be started"),
    );
    assert.deepEqual(await readdir(folder), []);
    await rm(folder, { recursive: true });
  },
});

const lacking = testAdapter === undefined
  ? NO_ADAPTER
  : testAdapter.features.has("shader-f16")
  ? ""
  : " (the adapter lacks f16)";
Deno.test({
  name: `the trial of f16 ends well on this adapter${lacking}`,
  ignore: lacking !== "",
  async fn() {
    const program = new URL("./f16_program.ts", import.meta.url);
    const args = ["run", "-A", "--no-config", "--no-lock", program.href];
    const run = promisify(execFile)(process.execPath, [
      ...args,
      import.meta.resolve("webgpu"),
      ...TOGGLES,
    ]);
    await run; // throws unless it ends with 0
  },
});

Deno.test({
  name:
    `a device on a card whose trial fails has neither f16 nor its units, and says so${NO_ADAPTER}`,
  ignore: testAdapter === undefined,
  async fn() {
    const adapter = (await findGpu({ software: true }))!;
    const card = new Proxy(adapter, {
      get: (adapter, name) => {
        if (name === "info") return { ...CARD.info, device: "0" };
        const value = Reflect.get(adapter, name);
        return typeof value === "function" ? value.bind(adapter) : value;
      },
    });
    await withCard(async (_, folder) => {
      const before = process.env.XDG_CACHE_HOME;
      process.env.XDG_CACHE_HOME = folder;
      try {
        // what the device asks for is then known
        await f16Fault(card, { program: pathToFileURL(join(folder, "none")) });
        using device = await openWebGpuDevice(card);
        assert.equal(device.gpu.features.has("shader-f16"), false);
        assert.deepEqual(device.notices, [sentence("ended with exit code 1")]);
      } finally {
        if (before === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = before;
      }
    });
  },
});
