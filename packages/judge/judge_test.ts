import { type JudgeOptions, openJudge, vieScore } from "@edit-transfer/judge";
import { blankImage } from "@edit-transfer/image";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import {
  type Behaviour,
  breaksOff,
  fails,
  resets,
  says,
  stalls,
  testJudge,
} from "./_test_judge_server.ts";

const KEY = "sk-secret-0123456789";
const grey = blankImage(8, 8, [128, 128, 128]);
const one = { before: grey, after: grey, query: grey };
const good = says('{"score": [9, 4], "reasoning": "fine"}');

async function opened(url: string, options: Partial<JudgeOptions> = {}) {
  const judge = await openJudge({
    url,
    model: "stand-in",
    key: KEY,
    retryMs: 1,
    timeoutMs: 5000,
    ...options,
  });
  const vie = (about = "0000") =>
    judge.judge(about, (ask) => vieScore(ask, one, grey));
  return { judge, vie };
}

/** Behaviours that end in a score, and requests that they take. */
const MENDED: Readonly<Record<string, [requests: number, ...Behaviour[]]>> = {
  "a good judge": [2, good],
  "busy, with Retry-After": [
    3,
    fails(429, "slow down", { "Retry-After": "0" }),
    good,
  ],
  "errors of the server": [5, fails(500), fails(503), fails(502), good],
  "a connection that is reset": [4, resets, resets, good],
  "an answer that breaks off": [3, breaksOff, good],
  "prose once": [3, says("I would give it a nine."), good],
  "malformed JSON once": [3, says('{"score": [9, 4'), good],
  "a score out of range once": [3, says('{"score": [11, 4]}'), good],
  "a refusal once": [3, says("I'm sorry, I can't help with that."), good],
  "JSON in prose and a fence": [
    2,
    says('Here you are:\n```json\n{"score": [9, 4]}\n```\nI hope it helps.'),
  ],
  "words in parts": [
    2,
    says([{ type: "text", text: '{"score": ' }, {
      type: "text",
      text: "[9, 4]}",
    }]),
  ],
  "thoughts before the JSON": [
    2,
    says('<think>{"score": [1, 1]}?</think>{"score": [9, 4]}'),
  ],
};

for (const [name, [requests, ...behaviours]] of Object.entries(MENDED)) {
  Deno.test(`a judge scores in spite of ${name}`, async () => {
    await using server = await testJudge(...behaviours);
    const { vie } = await opened(server.url);
    const verdict = await vie();
    assert.ok("score" in verdict, JSON.stringify(verdict));
    assert.deepEqual(verdict.score, {
      success: 9,
      restraint: 4,
      naturalness: 9,
      cleanness: 4,
      consistency: 4,
      quality: 4,
      overall: 4,
    });
    assert.equal(server.asked.length, requests);
  });
}

/** Behaviours that end without a score: requests, fault, sentence. */
const UNSCORED: Readonly<
  Record<string, [number, string, RegExp, ...Behaviour[]]>
> = {
  "prose": [
    2,
    "unreadable",
    /^Cannot read the judge's reply as it must hold JSON: got "A nine\."$/,
    says("A nine."),
  ],
  "malformed JSON": [
    2,
    "unreadable",
    /as it must hold JSON: got "\{\\"score\\": \[9,"$/,
    says('{"score": [9,'),
  ],
  "scores out of range": [
    2,
    "unreadable",
    /scores must be numbers from 0 to 10: got others at "score\.0"$/,
    says('{"score": [11, -1]}'),
  ],
  "scores that are words": [
    2,
    "unreadable",
    /scores must be numbers from 0 to 10/,
    says('{"score": ["9", "4"]}'),
  ],
  "a score too few": [2, "unreadable", /"score"$/, says('{"score": [9]}')],
  "two replies in one": [
    2,
    "unreadable",
    /got several that differ$/,
    says('{"score": [1, 2]} or rather {"score": [8, 9]}'),
  ],
  "no words": [2, "unreadable", /must have words: got none$/, says("")],
  "null": [2, "unreadable", /must have words: got none$/, says(null)],
  "a reply that was cut": [
    2,
    "unreadable",
    /cut at a token limit$/,
    says('{"score": [9, 4]}', { finish_reason: "length" }),
  ],
  "a filter": [
    2,
    "refused",
    /^The judge refuses to answer: got "content_filter"$/,
    says(null, { finish_reason: "content_filter" }),
  ],
  "a refusal in words of the API": [
    2,
    "refused",
    /got "I cannot look at people"$/,
    (response) =>
      void response.end(
        '{"choices":[{"message":{"content":null,"refusal":"I cannot look at people"}}]}',
      ),
  ],
  "an answer that is no JSON": [
    2,
    "unreadable",
    /it must be JSON: got "<html>busy"$/,
    (response) => void response.end("<html>busy"),
  ],
  "an answer without a choice": [
    2,
    "unreadable",
    /it must have a choice: got "\{\\"choices\\":\[\]\}"$/,
    (response) => void response.end('{"choices":[]}'),
  ],
  "a huge reply": [
    2,
    "unreadable",
    /at most 1 MiB: got more$/,
    says("{".repeat(3 * 2 ** 20)),
  ],
  "a long reply": [
    2,
    "unreadable",
    /at most 100000 letters: got 500000$/,
    says("{".repeat(500_000)),
  ],
  "brackets alone": [
    2,
    "unreadable",
    /must hold JSON/,
    says("{".repeat(99_999)),
  ],
  "errors of the server": [
    5,
    "down",
    /^Cannot judge as http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions must answer: got status 500, "busy"$/,
    fails(500),
  ],
  "connections that are reset": [5, "down", /must answer: got \w+/, resets],
  "silence": [5, "down", /got no answer within 0\.03 s$/, stalls],
  "a wait that is too long": [
    1,
    "down",
    /status 429, "quota"; judge again in 60 min, as it asks$/,
    fails(429, "quota", { "Retry-After": "3600" }),
  ],
  "a request that it does not take": [
    1,
    "down",
    /got status 400, "no pictures, please"$/,
    fails(400, "no pictures, please"),
  ],
  "a key that is refused": [
    1,
    "down",
    /status 401, "Incorrect API key: …"; the key was refused$/,
    fails(401, `Incorrect API key: ${KEY}`),
  ],
  "no such model": [1, "down", /status 404/, fails(404, "no model stand-in")],
  "a way to another host": [
    1,
    "down",
    /status 307; name the address that it sends on to$/,
    (response) => {
      response.writeHead(307, { Location: "http://127.0.0.1:1/" });
      response.end();
    },
  ],
};

for (
  const [name, [requests, fault, sentence, ...behaviours]] of Object.entries(
    UNSCORED,
  )
) {
  Deno.test(`a judge gives no score after ${name}`, async () => {
    await using server = await testJudge(...behaviours);
    const timeoutMs = name === "silence" ? 30 : 5000;
    const { vie } = await opened(server.url, { timeoutMs });
    const verdict = await vie();
    assert.ok("fault" in verdict);
    assert.equal(verdict.fault, fault);
    assert.match(verdict.reason, sentence);
    assert.ok(!verdict.reason.includes(KEY));
    assert.ok(verdict.reason.length < 500);
    assert.equal(server.asked.length, requests);
  });
}

Deno.test("Retry-After is waited for", async () => {
  await using server = await testJudge(
    fails(429, "slow down", { "Retry-After": "1" }),
    good,
  );
  const { vie } = await opened(server.url);
  const start = performance.now();
  assert.ok("score" in await vie());
  assert.ok(performance.now() - start >= 990);
});

Deno.test("a judge that is down is not asked for ever", async () => {
  const server = await testJudge(good);
  await server[Symbol.asyncDispose]();
  const { judge, vie } = await opened(server.url);
  for (let i = 0; i < 20; i++) {
    const verdict = await vie();
    assert.ok("fault" in verdict && verdict.fault === "down");
    assert.match(verdict.reason, /must answer: got .*refused/i);
  }
  assert.equal(judge.spent().calls, 20);
});

Deno.test("a key that is refused ends all requests", async () => {
  await using server = await testJudge(fails(401));
  const { vie } = await opened(server.url);
  for (let i = 0; i < 3; i++) assert.ok("fault" in await vie());
  assert.equal(server.asked.length, 1);
});

Deno.test("the address is that of clients of OpenAI; the key goes into one header", async () => {
  await using server = await testJudge(good);
  const { vie } = await opened(`${server.url}/proxy/v1/`, { temperature: 0.5 });
  await vie();
  const [first] = server.asked;
  assert.equal(first!.path, "/proxy/v1/chat/completions");
  assert.equal(first!.authorization, `Bearer ${KEY}`);
  assert.equal(first!.body.model, "stand-in");
  assert.equal(first!.body.temperature, 0.5);
  assert.ok(!JSON.stringify(first!.body).includes(KEY));
});

Deno.test("addresses and keys that cannot be are refused, the key untold", async () => {
  await assert.rejects(opened("ftp://host"), /an http or https address/);
  await assert.rejects(opened("judge"), /an http or https address/);
  await assert.rejects(
    opened("https://me:hush@host"),
    (error: Error) => !error.message.includes("hush"),
  );
  await assert.rejects(
    opened("https://host", { key: "sk-a\nX-Evil: 1" }),
    (error: Error) =>
      /printable ASCII/.test(error.message) && !error.message.includes("sk-a"),
  );
});

Deno.test("replies are kept, and what is done is not asked again", async () => {
  await using folder = await testFolder();
  const replies = folder.at("replies.jsonl");
  await using server = await testJudge(says(`No, ${KEY}`), good);
  const first = await opened(server.url, { replies });
  await first.vie("0007 ours");
  assert.equal(server.asked.length, 3);
  const lines = (await readFile(replies, "utf8")).trim().split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ about, model }) => [about, model]),
    Array(3).fill(["0007 ours", "stand-in"]),
  );
  assert.equal(lines[0].reply, "No, …");
  assert.match(lines[0].fault, /must hold JSON/);
  assert.equal(lines[1].fault, undefined);

  const again = await opened(server.url, { replies });
  assert.deepEqual(
    await again.judge.estimate([(ask) => vieScore(ask, one, grey)]),
    { calls: 0, kept: 2, read: 0, written: 0 },
  );
  assert.deepEqual(await again.vie(), await first.vie());
  assert.equal(server.asked.length, 3);

  // a run that was killed while it wrote
  const size = (await readFile(replies)).length;
  await truncate(replies, size - 20);
  const third = await opened(server.url, { replies });
  assert.ok("score" in await third.vie());
  assert.equal(server.asked.length, 4);
  const fourth = await opened(server.url, { replies });
  assert.ok("score" in await fourth.vie());
  assert.equal(server.asked.length, 4);

  const other = await opened(server.url, { replies, model: "another" });
  await other.vie();
  assert.equal(server.asked.length, 6, "another model answers for itself");
});

Deno.test("a file that is none of replies is refused and stays", async () => {
  await using folder = await testFolder();
  const replies = folder.at("cases.jsonl");
  await writeFile(replies, '{"id": "0000"}\n');
  await assert.rejects(opened("http://host", { replies }), {
    message:
      `Cannot read replies "${replies}" as line 1 must be one of a judge: got another`,
  });
  await appendFile(replies, "");
  assert.equal(await readFile(replies, "utf8"), '{"id": "0000"}\n');
});

Deno.test("a signal ends a request", async () => {
  await using server = await testJudge(stalls);
  const stop = new AbortController();
  const { vie } = await opened(server.url, { signal: stop.signal });
  const run = vie();
  setTimeout(() => stop.abort(new RangeError("Enough")), 20);
  await assert.rejects(run, /Enough/);
});

Deno.test("what was spent is told as the endpoint counts it", async () => {
  await using server = await testJudge(good);
  const { judge, vie } = await opened(server.url);
  const before = await judge.estimate([(ask) => vieScore(ask, one, grey)]);
  assert.equal(before.calls, 2);
  assert.ok(before.read > 5 * 255 && before.read < 2000, `${before.read}`);
  await vie();
  assert.deepEqual(judge.spent(), {
    calls: 2,
    kept: 0,
    read: 200,
    written: 14,
  });
});
