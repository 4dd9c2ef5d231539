import assert from "node:assert/strict";
import { benchTable, testSummary } from "./read_output.ts";

Deno.test("benchTable() keeps name and time, and works out rates", () => {
  const output = `
| benchmark          | time/iter (avg) |        iter/s |      (min … max)      |
| ------------------ | --------------- | ------------- | --------------------- |
| a of 2.000 GFLOP   |         10.0 ms |         100.0 | ( 9.0 ms …  11.0 ms)  |
| b [cpu]            |      1,200.5 µs |         833.0 | ( 1.1 ms …   1.4 ms)  |
| c of 1.5e+3 GFLOP  |           1.0 s |           1.0 | ( 1.0 s  …   1.0 s)   |
b [cpu]: 1.2 TFLOP/s
summary`;
  assert.equal(
    benchTable(output),
    `|  | time | rate |
| --- | ---: | ---: |
| a of 2.000 GFLOP | 10.0 ms | 200 GFLOP/s |
| b [cpu] | 1,200.5 µs | 1.2 TFLOP/s |
| c of 1.5e+3 GFLOP | 1.0 s | 1.50e+3 GFLOP/s |
`,
  );
  assert.equal(benchTable("error"), "No bench came to its end.");
});

Deno.test("testSummary() counts, and names what failed", () => {
  const output = "one ... ok (1ms)\ntwo ... FAILED (2ms)\n";
  assert.equal(
    testSummary(`${output}\nFAILED | 1 passed | 1 failed (3ms)\n`),
    "FAILED | 1 passed | 1 failed (3ms)\n\n- two ... FAILED (2ms)",
  );
  assert.equal(
    testSummary(output),
    "1 passed until it was stopped\n\n- two ... FAILED (2ms)",
  );
});
