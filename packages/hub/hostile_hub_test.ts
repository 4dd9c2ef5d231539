import { HubError, pull } from "@edit-transfer/hub";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import {
  mkdir,
  readdir,
  readFile,
  realpath,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { hostileServer } from "./_test_hostile_hub.ts";
import { HOSTILE_FILES } from "./_test_hostile_files.ts";
import { HOSTILE_LISTINGS } from "./_test_hostile_listings.ts";
import { HOSTILE_REQUESTS } from "./_test_hostile_requests.ts";
import {
  HONEST,
  NAME,
  type Route,
  type Scenario,
  SHA,
  WEIGHTS,
} from "./_test_hostile_scenario.ts";

const SCENARIOS = [...HOSTILE_REQUESTS, ...HOSTILE_LISTINGS, ...HOSTILE_FILES];
const LIMITS = {
  answerMs: 250,
  stallMs: 250,
  stallBytes: 1000,
  listingMs: 4000,
  documentBytes: 100_000,
  pages: 20,
  files: 50,
};
/** Milliseconds in which each scenario has to end, on a machine with other work. */
const MOST_MS = 8000;

const routeOf = (url: string): Route =>
  url.includes("/revision/")
    ? "info"
    : url.includes("/tree/")
    ? "tree"
    : "file";

Deno.test("there are at least forty hostile hubs, each with its own name", () => {
  const names = SCENARIOS.map(({ name }) => name);
  assert.ok(names.length >= 40);
  assert.equal(new Set(names).size, names.length);
});

for (const route of ["info", "tree", "file"]) {
  Deno.test(`pull() and hostile hubs: ${route}`, async () => {
    const left = SCENARIOS.filter((scenario) => scenario.route === route);
    const failed: Error[] = [];
    const work = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        await run(next).catch((cause) => {
          failed.push(new Error(`Hub whose ${next!.name}`, { cause }));
        });
      }
    };
    await Promise.all(Array.from({ length: 6 }, work)); // most of it is waiting
    if (failed.length > 0) throw new AggregateError(failed, `${failed[0]}`);
  });
}

async function run(scenario: Scenario): Promise<void> {
  const { route, does, expected, before, revision } = scenario;
  await using root = await testFolder();
  const cacheDir = root.at("cache");
  const outside = root.at("outside");
  await mkdir(outside);
  await writeFile(join(outside, "precious"), "precious");
  await using elsewhere = await hostileServer(HONEST.file);
  await using hub = await hostileServer((request, response) =>
    HONEST[routeOf(request.url!)](request, response)
  );
  const folder = join(cacheDir, "models--owner--model");
  const place = { hub: hub.url, elsewhere: elsewhere.url, folder, outside };
  elsewhere.handler = scenario.elsewhere?.(place) ?? HONEST.file;
  await before?.(place);
  const honest = hub.handler;
  const hostile = does(place);
  hub.handler = (request, response) =>
    routeOf(request.url!) === route
      ? hostile(request, response)
      : honest(request, response);
  const options = {
    hubUrl: hub.url,
    cacheDir,
    revision,
    env: {},
    token: { token: "secret", from: "HF_TOKEN" },
    retryMs: 1,
  };

  const start = performance.now();
  const { folder: pulled, error } = await pull("owner/model", {
    ...options,
    limits: LIMITS,
  }).then((folder) => ({ folder, error: undefined }), (error: Error) => ({
    folder: undefined,
    error,
  }));
  assert.ok(performance.now() - start < MOST_MS, "takes too long");
  if (expected === "pulled") {
    assert.equal(error, undefined);
    assert.equal(pulled, join(folder, "snapshots", SHA));
  } else {
    assert.match(error!.message, expected);
    assert.doesNotMatch(error!.message, /\p{Cc}|\u202e|secret/u);
    assert.ok(error instanceof HubError || /the cache/.test(error!.message));
  }
  assert.ok(elsewhere.requests.every(({ token }) => token === undefined));
  await assertInside(cacheDir, outside);

  hub.handler = honest;
  const again = await pull("owner/model", options);
  const path = join(again, NAME);
  assert.deepEqual(new Uint8Array(await readFile(path)), WEIGHTS);
  assert.ok((await realpath(path)).startsWith(await realpath(folder)));
  await assertInside(cacheDir, outside);
}

/** Nothing but the cache was written, and in it only what belongs there. */
async function assertInside(cache: string, outside: string): Promise<void> {
  const names = await readdir(join(outside, ".."));
  assert.deepEqual(names.filter((name) => name !== "cache"), ["outside"]);
  assert.deepEqual(await readdir(outside), ["precious"]);
  assert.equal(await readFile(join(outside, "precious"), "utf8"), "precious");
  const repos = await readdir(cache).catch(() => []);
  assert.ok(repos.every((name) => name === "models--owner--model"));
  for (
    const name of await readdir(cache, { recursive: true }).catch(() => [])
  ) {
    assert.doesNotMatch(name, /\p{Cc}|evil/u);
  }
}
