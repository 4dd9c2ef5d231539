import { readAnswers } from "@edit-transfer/study";
import { testFolder } from "@edit-transfer/testing";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { checksum } from "./checksum.ts";
import { studyOf } from "./_test_study.ts";

const study = studyOf(20, ["ours", "other"], { tasks: 20 });

type Line = Record<string, unknown>;

/** Answers as the page saves them. */
function saved(
  person: string,
  count: number,
  change: (file: { study: string; answers: Line[] } & Line) => void = () => {},
): string {
  const file = {
    format: "edit-transfer answers 1",
    study: study.id,
    person,
    started: "2026-11-28T10:00:00.000Z",
    saved: "2026-11-28T10:30:00.000Z",
    order: study.tasks.map(({ id }) => id),
    answers: study.tasks.slice(0, count).map(({ id }): Line => ({
      task: id,
      edit: "left",
      preservation: "right",
      overall: "left",
      seconds: 4.2,
    })),
  };
  change(file);
  const all = { ...file, checksum: checksum(JSON.stringify(file)) };
  return JSON.stringify(all, undefined, 1);
}

Deno.test("what cannot be used is told, and the rest is kept", async () => {
  await using folder = await testFolder();
  const write = async (name: string, text: string) => {
    await writeFile(folder.at(name), text);
    return folder.at(name);
  };
  await mkdir(folder.at("folder"));
  const paths = [
    await write("a.json", saved("a", 24)),
    await write("b.json", saved("b", 5)),
    await write("b2.json", saved("b", 9)),
    await write("b3.json", saved("b", 3)),
    await write("b4.json", saved("b", 9)),
    await write("other.json", saved("c", 5, (file) => file.study = "f00")),
    await write(
      "edited.json",
      saved("d", 5).replace('"edit": "left"', '"edit": "right"'),
    ),
    await write("pretty.json", JSON.stringify(JSON.parse(saved("e", 5)))),
    await write("cut.json", saved("f", 5).slice(0, 200)),
    await write("photo.json", "\xff\xd8\xff"),
    await write("list.json", "[]"),
    await write("empty.json", ""),
    await write("deep.json", "[".repeat(100_000)),
    await write(
      "odd.json",
      saved("g", 5, ({ answers }) => {
        answers[1]!.task = answers[0]!.task;
        answers[2]!.task = "none";
        delete answers[3]!.edit;
      }),
    ),
    await write(
      "tie.json",
      saved("h", 5, ({ answers }) => answers[0]!.edit = "tie"),
    ),
    folder.at("folder"),
    folder.at("missing.json"),
  ];
  const { people, notices } = await readAnswers(paths, study);
  assert.deepEqual(
    people.map(({ person, tasks }) => [person, tasks.size]),
    [["a", 24], ["b", 9], ["e", 5], ["g", 2]],
  );
  assert.deepEqual(people[0]!.tasks.get(study.tasks[0]!.id), {
    sides: { edit: "left", preservation: "right", overall: "left" },
    seconds: 4.2,
  });
  const told = notices.map((notice) =>
    notice.replaceAll(`${folder.at("")}/`, "")
  );
  const expected = [
    /^"b.json" is left out as "b2.json" is of the same person and has more answers$/,
    /^"b3.json" is left out as "b2.json" is of the same person and has more answers$/,
    /^"b2.json" is left out as "b4.json" is of the same person$/,
    new RegExp(
      `^Cannot count "other.json" as it must be of the study ${study.id}: got answers of f00$`,
    ),
    /^Cannot count "edited.json" as it must be as the study's page saved it: it was changed since$/,
    /^Cannot read "cut.json" as it must be JSON/,
    /^Cannot read "photo.json" as it must be JSON/,
    /^Cannot count "list.json" as it must be what the study's page saved: got another file$/,
    /^Cannot read .*"empty.json" as it must be JSON/,
    /^Cannot read .*"deep.json" as it must be/,
    /^"odd.json": 3 of its answers are left out, being of no task, to other questions, or there twice$/,
    /^Cannot count "tie.json" as it must be what the study's page saved: got another file$/,
    /folder/,
    /^Answers not found: "missing.json"$/,
  ];
  assert.equal(told.length, expected.length, told.join("\n"));
  for (const [i, sentence] of expected.entries()) {
    assert.match(told[i]!, sentence);
    assert.ok(!told[i]!.includes("\n"));
  }
});

Deno.test("checksum() is FNV-1a of 64 bits", () => {
  assert.equal(checksum(""), "cbf29ce484222325");
  assert.equal(checksum("a"), "af63dc4c8601ec8c");
  assert.equal(checksum("foobar"), "85944171f73967e8");
});
