import { testAgainstProgram } from "./_test_task.ts";
import { promptToPrompt } from "./prompt_to_prompt.ts";

testAgainstProgram("prompt_to_prompt", promptToPrompt);
