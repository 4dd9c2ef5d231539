import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";

const NAME = "run.lock";

/** Who holds a folder. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts it, to know a reused id. */
  readonly began: string;
}

/**
 * Takes a run's folder for this process, until it is disposed.
 *
 * The lock of a process that is dead is taken over.
 *
 * @throws {Error} If a live process, or one on another machine, holds it.
 */
export async function lockRun(folder: string): Promise<AsyncDisposable> {
  const path = join(folder, NAME);
  await mkdir(folder, { recursive: true });
  const own = `${
    JSON.stringify(
      {
        pid: process.pid,
        host: hostname(),
        began: await beginning(process.pid) ?? "",
      } satisfies Holder,
    )
  }\n`;
  while (!await place(path, own)) await removeStale(path, folder);
  return {
    async [Symbol.asyncDispose]() {
      if (await read(path) === own) await rm(path, { force: true });
    },
  };
}

/** Creates the lock with its content at once; false if there is one. */
async function place(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Removes a lock whose holder is dead; throws if it is not. */
async function removeStale(path: string, folder: string): Promise<void> {
  const text = await read(path);
  if (text === undefined) return; // released meanwhile
  const holder = parse(text);
  if (holder !== undefined && await isAlive(holder)) {
    throw new Error(
      `Cannot train in "${folder}" as one run at a time may write there: process ${holder.pid}` +
        (holder.host === hostname() ? "" : ` on ${holder.host}`) +
        ` holds it`,
    );
  }
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another run was faster
  }
  // what was moved may be the lock of a run that was faster: give it back
  if (await read(aside) !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function isAlive({ pid, host, began }: Holder): Promise<boolean> {
  if (host !== hostname()) return true; // it cannot be asked
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await beginning(pid);
  return now === undefined || began === "" || now === began;
}

/** When a process began, in clock ticks since the machine did; Linux only. */
async function beginning(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // the name of the program, in parentheses, may hold spaces
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host, began } = JSON.parse(text) as Partial<Holder>;
    const isWhole = Number.isSafeInteger(pid) && typeof host === "string" &&
      typeof began === "string";
    return isWhole ? { pid: pid!, host, began } : undefined;
  } catch {
    return undefined;
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
