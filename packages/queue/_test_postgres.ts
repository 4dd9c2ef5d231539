import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const HOME = "/usr/lib/postgresql";

/** Folder of PostgreSQL's programs, of the newest version that is there. */
const BIN = existsSync(HOME)
  ? readdirSync(HOME).sort((a, b) => Number(b) - Number(a))
    .map((version) => join(HOME, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")))
  : undefined;

/** Whether tests of queues are left out, as PostgreSQL is not here. */
export const NO_POSTGRES = BIN === undefined &&
  process.env.EDIT_TRANSFER_REQUIRE_POSTGRES !== "1";

/** What a test of a queue is called where it is left out. */
export function named(name: string): { name: string; ignore: boolean } {
  return NO_POSTGRES
    ? { name: `${name} (bash .ci/install_postgres.sh)`, ignore: true }
    : { name, ignore: false };
}

/** A server of a test's own. */
export interface TestServer extends AsyncDisposable {
  /** Address of its database. */
  readonly url: string;
  /** Port on loopback. */
  readonly port: number;
  /** Ends it, at once or as an administrator does. */
  stop(how: "immediate" | "fast"): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

/** Starts a server in a folder of its own, on a free port of loopback. */
export async function testServer(
  settings: readonly string[] = [],
): Promise<TestServer> {
  if (BIN === undefined) {
    throw new Error(
      "Cannot test a queue as PostgreSQL must be installed: run bash .ci/install_postgres.sh",
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "postgres-"));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    const ids = await output("id", ["-u", "postgres"]);
    await chown(folder, Number(ids), -1);
  }
  await chmod(folder, 0o755);
  const run = async (program: string, args: readonly string[]) => {
    const path = join(BIN, program);
    await (asRoot
      ? output("runuser", ["-u", "postgres", "--", path, ...args])
      : output(path, args));
  };
  const data = join(folder, "data");
  await run("initdb", [
    ...["-D", data, "-U", "edits", "-A", "trust", "--no-sync"],
    ...["-E", "UTF8", "--locale", "C"],
  ]);
  const port = await freePort();
  const options = [
    `-p ${port}`,
    `-k ${folder}`,
    ...["listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=32MB"]
      .concat(settings).map((setting) => `-c ${setting}`),
  ].join(" ");
  const log = join(folder, "log");
  const start = () =>
    run("pg_ctl", ["-D", data, "-l", log, "-o", options, "-w", "start"]);
  const stop = (how: string) =>
    run("pg_ctl", ["-D", data, "-m", how, "-w", "stop"]);
  await start();
  return {
    url: `postgres://edits@127.0.0.1:${port}/postgres`,
    port,
    stop,
    start,
    async [Symbol.asyncDispose]() {
      await stop("immediate").catch(() => {}); // stopped by the test
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Output of a program that must succeed. */
async function output(
  program: string,
  args: readonly string[],
): Promise<string> {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: tmpdir(),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  // a server that stays holds the pipes open, so they are read to no end
  const child = command.spawn();
  const text = new TextDecoder();
  const parts: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const part of stream) parts.push(text.decode(part));
  };
  const reading = [read(child.stdout), read(child.stderr)];
  const { success } = await child.status;
  await Promise.all(reading);
  if (success) return parts.join("").trim();
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${parts.join("")}`);
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
