import { testAgainstProgram } from "./_test_task.ts";
import { stableFlow } from "./stable_flow.ts";

testAgainstProgram("stable_flow", stableFlow);
