import type { Verb } from "./verb.ts";

/** What each verb does; it is the file of its name in `commands/`. */
export const VERBS: Readonly<Record<string, string>> = {
  edit: "transfer the edit of an example pair to a query picture",
  generate: "make a picture from text",
  batch: "make many edits, with the model kept loaded",
  worker: "make the edits of a queue, with the model kept loaded",
  queue: "look into a queue of jobs, retry and cancel them",
  evaluate: "measure a model on cases whose answers are known",
  judge: "let a vision-language model judge methods",
  study: "let people compare methods on a page, and count their answers",
  figures: "draw cases of edit transfer whose answers are known",
  lora: "look into LoRA files, convert and merge them",
  pull: "download a model or a LoRA from the Hugging Face hub",
  convert: "write a model with quantised weights",
  info: "show how a picture was made",
  completion: "print the completion script of a shell",
  doctor: "show what this machine can run, and what is missing",
};

/**
 * The file of a verb, by an address that is computed: Deno would read what all
 * verbs import before the first line runs.
 */
export function loadVerb(name: string): Promise<{ readonly verb: Verb }> {
  const here = import.meta.url;
  return import(here.replace(/verbs(\.\w+)$/, `commands/${name}$1`));
}
