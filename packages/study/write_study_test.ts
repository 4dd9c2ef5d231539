import { decodeImage, readPngText } from "@edit-transfer/image";
import { readStudy, writeStudy } from "@edit-transfer/study";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { casesOf, level, studyOf } from "./_test_study.ts";

const METHODS = ["ours-method", "flow-edit", "sdedit"];
const study = studyOf(12, METHODS, { tasks: 24, title: "A <b> & C" });

/** Tasks as the page has them. */
function pageTasks(html: string) {
  const [, data] = /id="data">(.*?)<\/script>/s.exec(html)!;
  return JSON.parse(data!).tasks as Record<string, string>[];
}

Deno.test("the page shows what study.json tells, and tells nothing of it", async () => {
  await using folder = await testFolder();
  const out = folder.at("out");
  const cases = casesOf(12, METHODS);
  const big = cases.map((one) => ({
    ...one,
    outputs: new Map([...one.outputs, ["sdedit", level(12, 20)]]),
  }));
  await writeStudy(out, study, big);
  assert.deepEqual((await readdir(out)).sort(), ["page", "study.json"]);
  assert.deepEqual((await readdir(`${out}/page`)).sort(), [
    "index.html",
    "pictures",
  ]);
  const html = await readFile(`${out}/page/index.html`, "utf8");
  for (
    const word of [...METHODS, "case1", "compared", "doubled", "answer.png"]
  ) {
    assert.ok(!html.includes(word), word);
  }
  assert.ok(!/"kind"|"of"|"query":"(?!pictures)/.test(html));
  assert.ok(!html.includes("A <b>"));

  const tasks = pageTasks(html);
  assert.equal(tasks.length, study.tasks.length);
  const grey: Readonly<Record<string, number>> = {
    query: 3,
    answer: 4,
    "ours-method": 10,
    "flow-edit": 11,
    sdedit: 12,
  };
  for (const [i, { left, right, id }] of study.tasks.entries()) {
    const shown = tasks[i]!;
    assert.equal(shown.id, id);
    for (
      const [name, value] of Object.entries({
        before: 1,
        after: 2,
        query: 3,
        left: grey[left]!,
        right: grey[right]!,
      })
    ) {
      assert.match(shown[name]!, /^pictures\/[0-9a-f]{8}\.png$/);
      const bytes = await readFile(`${out}/page/${shown[name]}`);
      const { data, width } = await decodeImage(bytes);
      assert.equal(data[0], value, name);
      assert.equal(width, 8, "all of the size of the query");
      assert.deepEqual(readPngText(bytes, { path: name }), {});
    }
    assert.notEqual(shown.left, shown.query, "a copy has a name of its own");
  }
  assert.deepEqual(await readStudy(out), study);
  assert.deepEqual(await readStudy(`${out}/study.json`), study);
});

Deno.test("the same study is written to the same bytes", async () => {
  await using folder = await testFolder();
  for (const name of ["a", "b"]) {
    await writeStudy(folder.at(name), study, casesOf(12, METHODS));
  }
  for (const file of ["page/index.html", "study.json"]) {
    const [a, b] = ["a", "b"].map((name) => folder.at(`${name}/${file}`));
    assert.deepEqual(await readFile(a!), await readFile(b!));
  }
});

Deno.test("a study without one of its pictures is not written", async () => {
  await using folder = await testFolder();
  const cases = casesOf(12, METHODS.slice(0, 2));
  await assert.rejects(writeStudy(folder.at("out"), study, cases), {
    message: /case "case\d+" must have the picture "output sdedit": got none$/,
  });
  assert.deepEqual(await readdir(folder.at(".")), []);
});

Deno.test("a study that was changed after it was made is refused", async () => {
  await using folder = await testFolder();
  await writeStudy(folder.at("out"), study, casesOf(12, METHODS));
  const path = folder.at("out/study.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace('"leastSeconds": 2', '"leastSeconds": 9'));
  await assert.rejects(readStudy(path), {
    message: /must not change once it is made, rules included: got changes$/,
  });
  await writeFile(path, "{}");
  await assert.rejects(readStudy(path), /got another file$/);
  await writeFile(path, "no JSON");
  await assert.rejects(readStudy(path), /must be JSON/);
});
