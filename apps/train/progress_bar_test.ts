import assert from "node:assert/strict";
import { ProgressBar } from "./progress_bar.ts";

function run(options: { isTTY: boolean; columns?: number; quiet?: boolean }) {
  const { quiet = false, ...terminal } = options;
  let now = 0;
  const written: string[] = [];
  const stream = { ...terminal, write: (text: string) => written.push(text) };
  const bar = new ProgressBar({ stream, quiet, now: () => now });
  bar.start();
  for (let done = 1; done <= 4; done++) {
    now += 2000;
    bar.step(done, { all: 4, label: `loss ${(1 / done).toFixed(3)}` });
  }
  bar.note("saved");
  return written;
}

Deno.test("a terminal shows loss, step time and time left on one line", () => {
  const written = run({ isTTY: true });
  assert.equal(
    written[1],
    "\r\x1b[K━━━━━━━━━━────────── 2/4  loss 0.500  2.00 s/step  4 s left",
  );
  assert.deepEqual(written.slice(-2), ["\n", "saved\n"]);
  assert(run({ isTTY: true, columns: 20 }).every((line) => line.length < 24));
});

Deno.test("a file gets a line now and then, and the last one", () => {
  assert.deepEqual(run({ isTTY: false }), [
    "1/4  loss 1.000  2.00 s/step  6 s left\n",
    "4/4  loss 0.250  2.00 s/step  0 s left\n",
    "saved\n",
  ]);
  assert.deepEqual(run({ isTTY: false, quiet: true }), []);
});
