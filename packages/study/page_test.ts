import {
  markdownTally,
  readAnswers,
  rulesOf,
  type Study,
  tallyStudy,
  writeStudy,
} from "@edit-transfer/study";
import { testFolder } from "@edit-transfer/testing";
import axe from "axe-core";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { testInChromium } from "./_test_chromium.ts";
import { casesOf, sideOfMethod, studyOf } from "./_test_study.ts";

const METHODS = ["ours", "other"];
const study: Study = studyOf(8, METHODS, {
  tasks: 8,
  title: "Which <is> better?",
  rules: rulesOf({ leastSeconds: 0 }, ""),
});

/** Id of the task that is shown, by its pictures. */
const SHOWN = `JSON.parse(document.getElementById("data").textContent).tasks
  .find((task) => ["before", "after", "query", "left", "right"].every((name) =>
    document.getElementById(name).getAttribute("src") === task[name])).id`;

/** What reaches beyond the right border. */
const WIDE = `[...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 80))`;

/** Answers the task that is shown for one method, by keys or by the mouse. */
async function answer(page: Page, method: string, byKeys: boolean) {
  const id = await page.evaluate<string>(SHOWN);
  const task = study.tasks.find((task) => task.id === id)!;
  const side = sideOfMethod(task, method);
  if (byKeys) {
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press(side === "left" ? "1" : "2");
    }
    await page.keyboard.press("Enter");
    return;
  }
  for (const { text } of study.questions) {
    await page.getByRole("group", { name: text })
      .getByLabel(side === "left" ? "Left" : "Right", { exact: true }).check();
  }
  await page.getByRole("button", { name: /Next|Finish/ }).click();
}

/** Faults that axe finds in what is shown. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>
      id + ": " + nodes.map(({ html }) => html).join(", ")))`,
  );
}

/** The file that the page gives. */
async function downloaded(page: Page, button: string, path: string) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^answers_[0-9a-f]{16}\.json$/);
  await download.saveAs(path);
  return path;
}

testInChromium(
  "people fill in the page, from a file and from a server",
  async (browser) => {
    await using folder = await testFolder();
    await writeStudy(folder.at("out"), study, casesOf(8, METHODS));
    const root = folder.at("out/page");
    const context = await browser.newContext({ colorScheme: "light" });
    const page = await context.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("pageerror", ({ message }) => errors.push(message));

    await page.goto(`file://${root}/index.html`);
    assert.equal(await page.title(), "Which <is> better?");
    assert.deepEqual(await faults(page), []);
    await page.getByRole("button", { name: "Start" }).click();
    for (const width of [320, 390, 1440]) {
      const colorScheme = width === 390 ? "light" : "dark";
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await faults(page), [], `${colorScheme} ${width}`);
      const wide = await page.evaluate<string[]>(WIDE);
      assert.deepEqual(wide, [], `all fits ${width}`);
    }

    // nothing goes on without all answers
    await page.getByRole("button", { name: "Next" }).click();
    assert.equal(
      await page.getByRole("alert").textContent(),
      "3 questions have no answer yet.",
    );
    const { length } = study.tasks;
    for (let i = 0; i < 5; i++) await answer(page, "ours", i % 2 > 0);
    await page.keyboard.press("Backspace");
    assert.match(
      (await page.getByRole("heading").textContent())!,
      new RegExp(`^Pair 5 of ${length}$`),
    );
    const early = await downloaded(
      page,
      "Download what I have",
      folder.at("early.json"),
    );

    // left and opened again, it goes on
    await page.goto("about:blank");
    await page.goto(`file://${root}/index.html`);
    assert.match((await page.getByRole("heading").textContent())!, /^Pair 5 /);
    for (let i = 4; i < length; i++) await answer(page, "ours", true);
    assert.equal(await page.getByRole("heading").textContent(), "Thank you");
    assert.deepEqual(await faults(page), []);
    const whole = await downloaded(
      page,
      "Download answers",
      folder.at("whole.json"),
    );
    assert.ok(
      asked.every((url) => /^(file|blob|about):/.test(url)),
      asked.join("\n"),
    );
    assert.deepEqual(errors, []);
    await context.close();

    // another person, another browser, from a server
    const server = createServer((request, response) => {
      readFile(join(root, new URL(request.url!, "http://x").pathname)).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const other = await browser.newPage();
    const { port } = server.address() as AddressInfo;
    await other.goto(`http://127.0.0.1:${port}/index.html`);
    await other.getByRole("button", { name: "Start" }).click();
    for (let i = 0; i < length; i++) await answer(other, "other", true);
    const second = await downloaded(
      other,
      "Download answers",
      folder.at("second.json"),
    );
    await other.close();
    server.closeAllConnections();
    server.close();

    const { people, notices } = await readAnswers(
      [early, whole, second],
      study,
    );
    assert.deepEqual(notices, [
      '"early.json" is left out as "whole.json" is of the same person and has more answers',
    ]);
    assert.deepEqual(people.map(({ tasks }) => tasks.size), [length, length]);
    const orders = await Promise.all(
      [whole, second].map(async (path) =>
        JSON.parse(await readFile(path, "utf8")).order
      ),
    );
    assert.notDeepEqual(orders[0], orders[1], "each has an order of their own");
    const [first] = people;
    const tally = tallyStudy(study, [first!], { resamples: 50 });
    assert.deepEqual(tally.people[0]!.excluded, []);
    for (const { pairs } of tally.questions) {
      assert.deepEqual([pairs[0]!.wins, pairs[0]!.answers], [8, 8]);
    }
    const both = tallyStudy(study, people, { resamples: 50 });
    assert.equal(both.questions[0]!.pairs[0]!.share, 0.5);
    assert.match(markdownTally(both), /2 of 2 counted/);
  },
);
