import { required } from "@edit-transfer/terminal";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { BatchJob } from "./batch_jobs.ts";
import type { NamedModel } from "./open_model.ts";
import type { EditFlags } from "./plan_edit.ts";

/** Flags of every verb that works with a queue. */
export interface QueueFlags {
  /** Its address. */
  readonly queue: string;
  /** Where its files are: a folder, `s3://…`, or undefined for its database. */
  readonly store: string | undefined;
}

/** Flags of a batch. */
export interface BatchFlags extends EditFlags, Partial<QueueFlags> {
  /** Whether to return when the jobs are put. */
  readonly detach?: true | undefined;
  /** Seconds after which a silent worker has lost its job. */
  readonly lease?: number | undefined;
}

/** Lets the workers of a queue make the edits of a batch. */
export type RunQueued = (
  path: string | undefined,
  jobs: readonly BatchJob[],
  options: {
    readonly flags: BatchFlags;
    readonly queue: string;
    readonly named: NamedModel;
    readonly signal: AbortSignal;
  },
) => Promise<void>;

/** Seconds of silence after which a job is taken from its worker. */
export const LEASE = [10, 3600] as const;

/** Adds the address of a queue, which the environment may give. */
export function withQueueFlag(command: Command): Command {
  return command.addOption(
    new Option("--queue <address>", "postgres://USER@HOST:PORT/DB")
      .env("EDIT_TRANSFER_QUEUE"),
  );
}

/** The address of the queue that a verb needs. */
export function queueOf(
  { queue }: { readonly queue?: string | undefined },
  task: string,
): string {
  return required(queue, task, "--queue postgres://USER@HOST:PORT/DB");
}

/** Parser of a port of this machine. */
export function port(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError("It must be a port from 0 to 65535.");
}
