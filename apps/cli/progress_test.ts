import assert from "node:assert/strict";
import { Progress } from "./progress.ts";

function record(isTTY: boolean, { quiet = false, columns = 80 } = {}) {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress({
    stream: { isTTY, columns, write: (text) => written.push(text) },
    quiet,
    now: () => now,
  });
  progress.start();
  return { written, progress, at: (ms: number) => now = ms };
}

Deno.test("Progress draws one line over on a terminal", () => {
  const { written, progress, at } = record(true);
  at(1000);
  progress.step(10, 40, "edit");
  progress.end();
  assert.equal(
    written.join(""),
    `\r\x1b[Kedit ${"━".repeat(6)}${
      "─".repeat(18)
    } 10/40  10.0 steps/s  3 s left\n`,
  );
});

Deno.test("Progress writes plain lines elsewhere, one every two seconds and the last", () => {
  const { written, progress, at } = record(false);
  for (let step = 1; step <= 5; step++) {
    at(step * 900);
    progress.step(step, 5, "edit");
  }
  assert.deepEqual(written, [
    "edit 3/5  1.1 steps/s  2 s left\n",
    "edit 5/5  1.1 steps/s  0 s left\n",
  ]);
});

Deno.test("Progress tells seconds a step when it is slow, and minutes left", () => {
  const { written, progress, at } = record(false);
  at(10_000);
  progress.step(1, 35, "edit");
  assert.deepEqual(written, ["edit 1/35  10.0 s/step  5 min 40 s left\n"]);
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
  progress.step(1, 1, "edit");
  progress.note("notice");
  progress.end();
  assert.deepEqual(written, []);
});

Deno.test("Progress shortens the bar on a narrow terminal, and not the numbers", () => {
  for (const [columns, cells] of [[40, 4], [30, 0]] as const) {
    const { written, progress, at } = record(true, { columns });
    at(1000);
    progress.step(40, 40, "edit");
    assert.equal(
      written.join(""),
      `\r\x1b[Kedit ${"━".repeat(cells)} 40/40  40.0 steps/s  0 s left`.slice(
        0,
        columns - 1 + 4,
      ),
    );
  }
});
