import { editArgs, fixture } from "./_run_cli.ts";
import { refuses } from "./_test_bad_input.ts";

refuses([
  {
    name: "an output of a format that is not written",
    args: editArgs("-o", "out.gif"),
    code: 2,
    says: /outputs are PNG, JPEG or WebP files: got the extension "\.gif"/,
  },
  {
    name: "a batch of nothing",
    args: ["batch"],
    code: 2,
    says: /Cannot run a batch as JOBS or --query DIR is required: got none$/m,
  },
  {
    name: "a batch of jobs with a query",
    args: ["batch", "jobs.jsonl", "--query", "a"],
    code: 2,
    says:
      /Cannot run a batch as jobs say it themselves: got --query with JOBS$/m,
  },
  {
    name: "a batch of a folder without pictures",
    prepare: (folder) => Deno.mkdir(`${folder}/a`),
    args: [
      ...["batch", "--query", "a", "--example", "a.png", "b.png"],
      ...["-o", "b"],
    ],
    code: 2,
    says: /Cannot edit "a" as it must hold pictures: got none in 0 files$/m,
  },
  {
    name: "--steps 0",
    args: editArgs("--steps", "0"),
    code: 2,
    says:
      /option '--steps <n>' argument '0' is invalid\. It must be an integer from 1 to 100000\./,
  },
  {
    name: "--seed -1",
    args: editArgs("--seed", "-1"),
    code: 2,
    says: /--seed.*-1/,
  },
  {
    name: "a range of seeds that runs backwards",
    args: editArgs("--seed", "16-1"),
    code: 2,
    says:
      /argument '16-1' is invalid\. It must be an integer from 0 to 18446744073709551615, a range like 1-16 of at most 256, or random\.$/m,
  },
  {
    name: "a strength beyond twice",
    args: editArgs("--strength", "2.5"),
    code: 2,
    says:
      /argument '2\.5' is invalid\. It must be a number from -0\.5 to 2\.$/m,
  },
  {
    name: "the best of one",
    args: editArgs("--keep-best", "1"),
    code: 2,
    says:
      /--keep-best 1 needs as many seeds, and two at least: got 1; name them with --seed or --auto-seeds$/m,
  },
  {
    name: "an unknown flag",
    args: editArgs("--giudance", "2"),
    code: 2,
    says: /unknown option '--giudance' \(Did you mean --guidance\?\)/,
  },
  {
    name: "an unknown flag where a required one is missing",
    args: ["figures", "--ouput", "a"],
    code: 2,
    says: /unknown option '--ouput' \(Did you mean --output\?\)/,
  },
  {
    name: "figures without a folder",
    args: ["figures"],
    code: 2,
    says: /Cannot draw figures as -o DIR is required: got none/,
  },
  {
    name: "generate without a prompt",
    args: ["generate"],
    code: 2,
    says: /Cannot generate as --prompt TEXT is required: got none/,
  },
  {
    name: "an unknown command",
    args: ["edti"],
    code: 2,
    says: /unknown command 'edti' \(Did you mean edit\?\)/,
  },
  {
    name: "one picture as the example",
    args: ["edit", "--example", "a.png", "--query", "b.png"],
    code: 2,
    says: /--example takes two pictures, BEFORE and AFTER: got 1/,
  },
  {
    name: "no query",
    args: ["edit", "--example", "a.png", "b.png"],
    code: 2,
    says: /--query IMAGE is required: got none/,
  },
  {
    name: "words and a caption",
    args: editArgs("--edit", "a", "--prompt", "b"),
    code: 2,
    says: /--prompt replaces the caption that --edit fills: got both/,
  },
  {
    name: "a size that no memory holds",
    args: ["generate", "--prompt", "a", "--size", "100000"],
    code: 2,
    says: /argument '100000' is invalid\. .* each side from 1 to 4096/,
  },
  {
    name: "a panel size that no memory holds",
    args: editArgs("--panel-size", "100000"),
    code: 2,
    says: /argument '100000' is invalid\. It must be an integer from 1 to 4096/,
  },
  {
    name: "more edits at once than there can be",
    args: ["figures", "-o", "a", "--compose", "9"],
    code: 2,
    says: /argument '9' is invalid\. It must be an integer from 1 to 3/,
  },
  {
    name: "an output without a name",
    args: editArgs("-o", ""),
    code: 2,
    says:
      /'-o, --output <file>' argument '' is invalid\. It must name a file or a folder/,
  },
  {
    name: "jobs that are no text",
    prepare: (folder) =>
      Deno.copyFile(fixture("demo/0000/query.png"), `${folder}/a.png`),
    args: ["batch", "a.png"],
    code: 2,
    says:
      /Cannot read jobs "a\.png" as it must be UTF-8: got byte 0x89 at offset 0/,
  },
  {
    name: "a folder as jobs",
    prepare: (folder) => Deno.mkdir(`${folder}/a`),
    args: ["batch", "a"],
    code: 2,
    says: /Cannot read jobs "a": it is a folder/,
  },
]);
