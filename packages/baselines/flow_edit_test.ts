import { testAgainstProgram } from "./_test_task.ts";
import { flowEdit } from "./flow_edit.ts";

testAgainstProgram("flow_edit", flowEdit);
