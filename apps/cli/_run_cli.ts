/** What one run of the program did. */
export interface CliRun {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

const MAIN = new URL("main.ts", import.meta.url).pathname;
const FIXTURES = new URL("../../fixtures/", import.meta.url).pathname;

/** Path below `fixtures/`. */
export function fixture(path: string): string {
  return FIXTURES + path;
}

/** A command that runs the program in a folder. */
export function cliCommand(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Record<string, string> | undefined;
    readonly stdin?: "piped" | undefined;
    /** What Deno lets it do, in place of everything. */
    readonly permissions?: readonly string[] | undefined;
    /** Program in place of `main.ts`. */
    readonly program?: string | undefined;
  },
): Deno.Command {
  const { permissions = ["-A"], program = MAIN } = options;
  const flags = ["--no-check", "--no-prompt", "--quiet", ...permissions];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, program, ...args],
    cwd: options.cwd,
    env: options.env ?? {},
    stdin: options.stdin ?? "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the program in a folder to its end. */
export async function runCli(
  args: readonly string[],
  options: Parameters<typeof cliCommand>[1],
): Promise<CliRun> {
  const { code, stdout, stderr } = await cliCommand(args, options).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Arguments of a short edit on the cpu: of the demo's query, unless others are named. */
export function editArgs(...more: string[]): string[] {
  const demo = (name: string) => fixture(`demo/0000/${name}.png`);
  return [
    "edit",
    ...["--example", demo("source"), demo("edited")],
    ...more.includes("--query") ? [] : ["--query", demo("query")],
    ...["--device", "cpu", "--steps", "2"],
    ...more,
  ];
}

/** Calls `body` with a new folder, which is deleted afterwards. */
export async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cli-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names of all files in a folder, sorted. */
export function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}
