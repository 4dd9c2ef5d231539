import {
  type Ask,
  lmmMetric,
  lmmScore,
  type Message,
  openJudge,
  pairwise,
  unscoredNotices,
  vieMetric,
  vieScore,
} from "@edit-transfer/judge";
import { blankImage, decodeImage } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fails, says, testJudge } from "./_test_judge_server.ts";

const level = (value: number, side = 8) =>
  blankImage(side, side, [value, value, value]);
const one = { before: level(10), after: level(20), query: level(30) };

/** Asks a stand-in, and notes the conversations. */
function noted(reply: (messages: readonly Message[]) => string | undefined) {
  const asked: (readonly Message[])[] = [];
  const ask: Ask = ({ messages, read, standIn }) => {
    asked.push(messages);
    return Promise.resolve(read(reply(messages) ?? standIn));
  };
  return { ask, asked };
}

const known = new Map<string, Promise<number>>();

/** Level of a picture in a data URL. */
function levelOf(url: string): Promise<number> {
  let level = known.get(url);
  if (level === undefined) {
    const png = Buffer.from(url.split(",")[1]!, "base64");
    level = decodeImage(new Uint8Array(png)).then(({ data }) => data[0]!);
    known.set(url, level);
  }
  return level;
}

/** Levels of the pictures of a conversation, in their order. */
async function levels(messages: readonly Message[]): Promise<number[]> {
  const urls = messages.flatMap(({ content }) =>
    typeof content === "string"
      ? []
      : content.flatMap((part) =>
        part.type === "text" ? [] : [part.image_url.url]
      )
  );
  return await Promise.all(urls.map(levelOf));
}

/** Words of the last turn. */
function lastWords(messages: readonly Message[]): string {
  const { content } = messages.at(-1)!;
  return typeof content === "string"
    ? content
    : content.map((part) => part.type === "text" ? part.text : "[picture]")
      .join(" ");
}

Deno.test("the LMM score: describe, define, look at each, score all", async () => {
  const { ask, asked } = noted((messages) =>
    /Now score/.test(lastWords(messages))
      ? '{"scores": [{"accuracy": 10, "preservation": 8, "quality": 6, "realism": 4}]}'
      : "Well."
  );
  const [score] = await lmmScore(ask, one, [level(40)], { repeats: 1 });
  assert.equal(asked.length, 4);
  assert.deepEqual(await levels(asked[3]!), [10, 20, 30, 40]);
  assert.deepEqual(
    asked[3]!.map(({ role }) => role),
    ["user", "assistant", "user", "assistant", "user", "assistant", "user"],
  );
  assert.deepEqual({ ...score, overall: score!.overall.toFixed(9) }, {
    accuracy: 10,
    preservation: 8,
    quality: 6,
    realism: 4,
    overall: "8.000000000", // .4·10 + .3·8 + .2·6 + .1·4
    spread: 0,
  });
});

Deno.test("the LMM score shuffles the outputs in each repeat and tells the spread", async () => {
  const outputs = [40, 50, 60, 70].map((value) => level(value));
  const orders: number[][] = [];
  const ask: Ask = async ({ messages, read, standIn }) => {
    if (!/Now score/.test(lastWords(messages))) return read(standIn);
    const shown = (await levels(messages)).slice(3);
    orders.push(shown);
    // a judge that likes bright pictures, and all the more the first one
    return read(JSON.stringify({
      scores: shown.map((value, place) => {
        const all = value / 10 + (place === 0 ? 1 : 0);
        return { accuracy: all, preservation: all, quality: all, realism: all };
      }),
    }));
  };
  const scores = await lmmScore(ask, one, outputs, { repeats: 3 });
  assert.equal(orders.length, 3);
  for (const order of orders) {
    assert.deepEqual(order.toSorted(), [40, 50, 60, 70]);
  }
  assert.ok(new Set(orders.map(String)).size > 1, "another order");
  const means = scores.map(({ overall }) => overall);
  assert.deepEqual(means, means.toSorted((a, b) => a - b));
  const firsts = orders.map(([first]) => first);
  for (const [i, { spread }] of scores.entries()) {
    const times = firsts.filter((value) => value === 40 + 10 * i).length;
    const p = times / 3;
    assert.ok(Math.abs(spread - Math.sqrt(p * (1 - p))) < 1e-9);
  }
});

Deno.test("VIEScore: all four pictures, then the output alone, at the query's size", async () => {
  const { ask, asked } = noted(() =>
    asked.length === 1 ? '{"score": [8, 9]}' : '{"score": [2, 7]}'
  );
  const score = await vieScore(ask, one, level(40, 16));
  assert.deepEqual(await levels(asked[0]!), [10, 20, 30, 40]);
  assert.deepEqual(await levels(asked[1]!), [40]);
  assert.equal(score.consistency, 8);
  assert.equal(score.quality, 2);
  assert.equal(score.overall, 4); // √(8 · 2)
  assert.match(
    lastWords(asked[0]!),
    /A: \[picture\] A′: \[picture\] B: \[picture\] B′: \[picture\]/,
  );
  const [, url] = /"url":"(.*?)"/.exec(JSON.stringify(asked[0]))!;
  const png = Buffer.from(url!.split(",")[1]!, "base64");
  assert.equal(
    (await decodeImage(new Uint8Array(png))).width,
    512,
    "enlarged",
  );
});

Deno.test("controls: the example is withheld, or changes places", async () => {
  for (
    const [control, expected] of [
      ["blind", [30, 40]],
      ["swapped", [20, 10, 30, 40]],
    ] as const
  ) {
    for (
      const procedure of [
        (ask: Ask) => vieScore(ask, one, level(40), { control }),
        (ask: Ask) => lmmScore(ask, one, [level(40)], { control, repeats: 1 }),
        (ask: Ask) => pairwise(ask, one, [level(40), level(50)], { control }),
      ]
    ) {
      const { ask, asked } = noted(() => undefined);
      await procedure(ask);
      const shown = await levels(
        asked.at(-1)!.length === 1 ? asked[0]! : asked.at(-1)!,
      );
      assert.deepEqual(shown.slice(0, expected.length), expected);
      if (control === "blind") {
        assert.doesNotMatch(lastWords([asked[0]![0]!]), /A: \[picture\]/);
      }
    }
  }
});

Deno.test("pairwise: both orders, a contradiction is a tie", async () => {
  const judged = async (reply: (shown: readonly number[]) => unknown) => {
    const ask: Ask = async ({ messages, read }) => {
      const shown = (await levels(messages)).slice(3);
      return read(JSON.stringify(reply(shown)));
    };
    return await pairwise(ask, one, [level(40), level(50)]);
  };
  // brighter is better; the first always; undecided
  assert.deepEqual(
    await judged(([first, second]) => ({
      edit: first! > second! ? 1 : "2",
      preservation: 1,
      overall: "tie",
    })),
    { edit: 0, preservation: 0.5, overall: 0.5 },
  );
  assert.deepEqual(
    await judged(([first]) => ({
      edit: first === 40 ? 1 : 2,
      preservation: first === 40 ? "tie" : 2,
      overall: first === 40 ? 2 : 1,
    })),
    { edit: 1, preservation: 0.5, overall: 0 },
  );
  await assert.rejects(
    judged(() => ({ edit: 3 })),
    /choices must be 1, 2 or "tie"/,
  );
});

Deno.test("metrics: the mean of what has a score; the others are told", async () => {
  const good = says('{"score": [9, 4]}');
  await using server = await testJudge(
    good,
    good,
    says("Nine."),
    says("Nine!"),
    fails(400, "too large"),
  );
  const judge = await openJudge({ url: server.url, model: "m", key: "k" });
  const metric = vieMetric(judge);
  const known = (answer: number) => ({ ...one, answer: level(answer) });
  const verdicts = [
    await metric.score(level(40), known(1)),
    await metric.score(level(50), known(2)),
    await metric.score(level(60), known(3)),
  ];
  assert.equal(metric.summarize(verdicts), 4);
  assert.equal(metric.summarize(verdicts.slice(1)), NaN);
  assert.deepEqual(unscoredNotices(verdicts), [
    `1 of 3 judgements has no score as the judge's reply could not be read, twice: Cannot read the judge's reply as it must hold JSON: got "Nine!"`,
    `1 of 3 judgements has no score as the judge gave no reply: Cannot judge as ${server.url}/v1/chat/completions must answer: got status 400, "too large"`,
  ]);
  assert.equal(lmmMetric(judge).name, "lmm");
});
