/**
 * Bytes in decimal units, as `--max-vram` takes them: `12.3 MB`, `1.23 GB`.
 *
 * @param bytes Number of bytes, >= 0.
 * @returns Text with its unit.
 *
 * @example Usage
 * ```ts
 * import { formatBytes } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatBytes(12_345_678), "12.3 MB");
 * assert.equal(formatBytes(23.8e9), "23.80 GB");
 * ```
 */
export function formatBytes(bytes: number): string {
  return bytes < 1e8
    ? `${(bytes / 1e6).toFixed(1)} MB`
    : `${(bytes / 1e9).toFixed(2)} GB`;
}

/**
 * Bytes that a user wrote: `12GB`, `11.5GiB` or `400MB`.
 *
 * @param text Number and unit.
 * @returns Whole bytes, undefined if the text is of another form.
 *
 * @example Usage
 * ```ts
 * import { parseBytes } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseBytes("0.5GiB"), 2 ** 29);
 * assert.equal(parseBytes("12"), undefined);
 * ```
 */
export function parseBytes(text: string): number | undefined {
  const units = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 };
  const [, count, unit] = /^(\d+(?:\.\d+)?) ?([MG]i?B)$/.exec(text) ?? [];
  const bytes = Number(count) * units[unit as keyof typeof units];
  return bytes > 0 ? Math.floor(bytes) : undefined;
}

/**
 * Seconds in the two largest units: `12 s`, `3 min 20 s`, `5 h 3 min`,
 * `2 d 7 h`.
 *
 * @param seconds Seconds, >= 0, rounded up.
 * @returns Text with its units.
 *
 * @example Usage
 * ```ts
 * import { formatDuration } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatDuration(18_180), "5 h 3 min");
 * ```
 */
export function formatDuration(seconds: number): string {
  const s = Math.ceil(seconds);
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min ${s % 60} s`;
  const h = Math.floor(min / 60);
  return h < 24
    ? `${h} h ${min % 60} min`
    : `${Math.floor(h / 24)} d ${h % 24} h`;
}

/**
 * A whole number in groups of three: `1,234,567`.
 *
 * @param count The number.
 * @returns Its digits.
 *
 * @example Usage
 * ```ts
 * import { formatCount } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatCount(1234567), "1,234,567");
 * ```
 */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}
