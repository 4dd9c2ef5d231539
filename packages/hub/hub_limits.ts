/** What a hub may take of time and memory. */
export interface HubLimits {
  /**
   * Milliseconds until an answer begins.
   *
   * @default {30000}
   */
  readonly answerMs: number;
  /**
   * Milliseconds in which {@linkcode HubLimits.stallBytes} more have to come.
   *
   * @default {60000}
   */
  readonly stallMs: number;
  /**
   * Bytes that have to come in {@linkcode HubLimits.stallMs}, or the rest.
   *
   * @default {65536}
   */
  readonly stallBytes: number;
  /**
   * Milliseconds for the list of files, all pages, pauses and repeats together.
   *
   * @default {600000}
   */
  readonly listingMs: number;
  /**
   * Bytes of an answer in JSON, unpacked.
   *
   * @default {16777216}
   */
  readonly documentBytes: number;
  /**
   * Pages of the list of files.
   *
   * @default {1000}
   */
  readonly pages: number;
  /**
   * Files of a repository.
   *
   * @default {100000}
   */
  readonly files: number;
  /**
   * Longest pause in milliseconds that a busy hub may ask for.
   *
   * @default {300000}
   */
  readonly waitMs: number;
}

/** Limits with which the public hub is never refused. */
export const HUB_LIMITS: HubLimits = {
  answerMs: 30_000,
  stallMs: 60_000,
  stallBytes: 65_536,
  listingMs: 600_000,
  documentBytes: 2 ** 24,
  pages: 1000,
  files: 100_000,
  waitMs: 300_000,
};
