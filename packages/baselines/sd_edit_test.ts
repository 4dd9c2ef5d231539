import { testAgainstProgram, tokensOf } from "./_test_task.ts";
import { sdEdit } from "./sd_edit.ts";

testAgainstProgram<Parameters<typeof sdEdit>[1]>(
  "sd_edit",
  (task, options, { arrays }) => sdEdit(task, options, tokensOf(arrays.noise!)),
);
