import assert from "node:assert/strict";
import { Progress } from "./progress.ts";

function record(
  isTTY: boolean,
  { quiet = false, columns = 80, term = "xterm" } = {},
) {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress({
    stream: { isTTY, columns, write: (text) => written.push(text) },
    quiet,
    term,
    now: () => now,
  });
  progress.start();
  return { written, progress, at: (ms: number) => now = ms };
}

Deno.test("Progress draws one line over on a terminal", () => {
  const { written, progress, at } = record(true);
  at(1000);
  progress.step(10, 40, { label: "edit" });
  progress.end();
  assert.equal(
    written.join(""),
    `\r\x1b[Kedit ${"━".repeat(6)}${
      "─".repeat(18)
    } 10/40  10.0 steps/s  3 s left\n`,
  );
});

Deno.test("Progress writes plain lines elsewhere, one every two seconds and the last", () => {
  for (const [isTTY, term] of [[false, "xterm"], [true, "dumb"]] as const) {
    const { written, progress, at } = record(isTTY, { term });
    progress.status("edit: reading");
    for (let step = 1; step <= 5; step++) {
      at(step * 900);
      progress.step(step, 5, { label: "edit" });
    }
    progress.end();
    assert.deepEqual(written, [
      "edit 3/5  1.1 steps/s  2 s left\n",
      "edit 5/5  1.1 steps/s  0 s left\n",
    ]);
  }
});

Deno.test("Progress tells seconds a step when it is slow, and hours left", () => {
  const { written, progress, at } = record(false);
  at(10_000);
  progress.step(1, 35, { label: "edit" });
  at(20_000);
  progress.step(2, 3602, { detail: "loss 0.500" });
  assert.deepEqual(written, [
    "edit 1/35  10.0 s/step  5 min 40 s left\n",
    "2/3602  loss 0.500  10.0 s/step  10 h 0 min left\n",
  ]);
});

Deno.test("Progress forgets what was before a count began", () => {
  const { written, progress, at } = record(false);
  at(60_000);
  progress.start(100);
  at(62_000);
  progress.step(101, 102);
  assert.deepEqual(written, ["101/102  2.0 s/step  2 s left\n"]);
});

Deno.test("Progress follows a rate that changes", () => {
  const { written, progress, at } = record(false);
  at(10_000);
  progress.step(10, 10_000);
  at(3_010_000);
  progress.step(310, 10_000);
  assert.match(written[1]!, /^310\/10000 {2}10\.0 s\/step /);
});

Deno.test("Progress tells of work without steps on a terminal only", () => {
  for (const isTTY of [true, false]) {
    const { written, progress } = record(isTTY);
    progress.status("edit: reading");
    progress.end();
    assert.equal(written.join(""), isTTY ? "\r\x1b[Kedit: reading\n" : "");
  }
});

Deno.test("Progress writes nothing when quiet", () => {
  const { written, progress, at } = record(true, { quiet: true });
  at(9000);
  progress.status("edit: reading");
  progress.step(1, 1, { label: "edit" });
  progress.note("notice");
  progress.end();
  assert.deepEqual(written, []);
});

Deno.test("Progress shortens the bar on a narrow terminal, and not the numbers", () => {
  for (const [columns, cells] of [[40, 4], [30, 0]] as const) {
    const { written, progress, at } = record(true, { columns });
    at(1000);
    progress.step(40, 40, { label: "edit" });
    assert.equal(
      written.join(""),
      `\r\x1b[Kedit ${"━".repeat(cells)} 40/40  40.0 steps/s  0 s left`.slice(
        0,
        columns - 1 + 4,
      ),
    );
  }
});

Deno.test("Progress shows names that would command the terminal", () => {
  const { written, progress, at } = record(false);
  at(2000);
  progress.step(1, 1, { label: "a\x1b[2J\nb" });
  progress.note("c\x07");
  assert.deepEqual(written, [
    "a\\u001b[2J b 1/1  2.0 s/step  0 s left\n",
    "c\\u0007\n",
  ]);
});

Deno.test("Progress goes on with its rate where another round begins", () => {
  const { written, progress, at } = record(false);
  at(10_000);
  progress.step(10, 10, { label: "first" });
  at(12_000);
  progress.step(2, 10, { label: "second" });
  assert.equal(written.at(-1), "second 2/10  1.0 steps/s  8 s left\n");
});
