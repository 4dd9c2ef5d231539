import process from "node:process";

/** Whether tests that need the models run. */
export const hasModels = process.env.EDIT_TRANSFER_REQUIRE_PEOPLE !== undefined;

/** What the name of a test ends in that is ignored for want of the models. */
export const NO_MODELS = hasModels
  ? ""
  : " (176 MB: run deno task test:people)";
