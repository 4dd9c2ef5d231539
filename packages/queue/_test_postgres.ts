import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
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
  /** File of the certificate, which is for `localhost`. */
  readonly certificate: string;
  /** Ends it, at once or as an administrator does. */
  stop(how: "immediate" | "fast"): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

/** Password of every test's server, which nobody may print. */
export const PASSWORD = "never-to-be-printed";

/**
 * Starts a server in a folder of its own, on a free port of loopback, with a
 * password and TLS.
 */
export async function testServer(): Promise<TestServer> {
  if (BIN === undefined) {
    throw new Error(
      "Cannot test a queue as PostgreSQL must be installed: run bash .ci/install_postgres.sh",
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "postgres-"));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    await chown(folder, await postgresUser(), -1);
  }
  await chmod(folder, 0o755);
  const run = async (program: string, args: readonly string[]) => {
    const path = join(BIN, program);
    await (asRoot
      ? output("runuser", ["-u", "postgres", "--", path, ...args])
      : output(path, args));
  };
  const data = join(folder, "data");
  const password = join(folder, "password");
  await writeFile(password, PASSWORD);
  await run("initdb", [
    ...["-D", data, "-U", "edits", "-A", "scram-sha-256"],
    ...[`--pwfile=${password}`, "--no-sync", "-E", "UTF8", "--locale", "C"],
  ]);
  const [key, certificate] = [join(folder, "key"), join(folder, "certificate")];
  await output("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...[
      "-nodes",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost",
    ],
    ...["-days", "2", "-keyout", key, "-out", certificate],
  ]);
  await chmod(key, 0o600);
  if (asRoot) await chown(key, await postgresUser(), -1);
  const port = await freePort();
  const options = [
    `-p ${port}`,
    `-k ${folder}`,
    ...["listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=32MB"],
    ...["ssl=on", `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`],
  ].map((option) => option.startsWith("-") ? option : `-c ${option}`).join(" ");
  const log = join(folder, "log");
  const start = () =>
    run("pg_ctl", ["-D", data, "-l", log, "-o", options, "-w", "start"]);
  const stop = (how: string) =>
    run("pg_ctl", ["-D", data, "-m", how, "-w", "stop"]);
  await start();
  return {
    url:
      `postgres://edits:${PASSWORD}@127.0.0.1:${port}/postgres?sslmode=require`,
    port,
    certificate,
    stop,
    start,
    async [Symbol.asyncDispose]() {
      await stop("immediate").catch(() => {}); // stopped by the test
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The user that runs the server where root does not. */
async function postgresUser(): Promise<number> {
  return Number(await output("id", ["-u", "postgres"]));
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
