/** The program with a trainer that has no model, for tests that kill it. */
import process from "node:process";
import { TestModel } from "./_test_model.ts";
import { run } from "./run.ts";

if (import.meta.main) {
  const milliseconds = Number(process.env.TEST_STEP_MS ?? 0);
  const openModel = () => Promise.resolve(new TestModel({ milliseconds }));
  process.exit(await run(process.argv.slice(2), { openModel }));
}
