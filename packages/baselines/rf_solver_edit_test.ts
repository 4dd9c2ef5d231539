import { testAgainstProgram } from "./_test_task.ts";
import { rfSolverEdit } from "./rf_solver_edit.ts";

testAgainstProgram<Parameters<typeof rfSolverEdit>[1]>(
  "rf_solver_edit",
  (task, options) => rfSolverEdit(task, { ...options, firstBlock: 20 }),
  { singles: 22 },
);
