/** Calls in a row that are passed on at once, for the sake of short work. */
const SPINS = 24;
/** A pause this long between calls, in milliseconds, begins a new row. */
const NEW_ROW = 2;

type Immediate = typeof globalThis.setImmediate;

let users = 0;
let original: Immediate | undefined;

/**
 * Slows down how Dawn waits on Node-like hosts.
 *
 * While anything is pending Dawn calls `setImmediate` in a loop, which keeps
 * one core busy: the very core on which a software adapter computes. After a
 * few turns at full speed each further turn waits for a timer of 1 ms.
 *
 * @returns Function that undoes it.
 */
export function easePolling(): () => void {
  const host = globalThis as { setImmediate?: Immediate };
  if (host.setImmediate === undefined) return () => {};
  if (users++ === 0) {
    original = host.setImmediate;
    host.setImmediate = backOff(original);
  }
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    if (--users === 0) host.setImmediate = original!;
  };
}

/** `setImmediate` that turns into a timer when it is called all the time. */
function backOff(immediate: Immediate): Immediate {
  let streak = 0;
  let last = 0;
  const eased = (
    callback: (...args: unknown[]) => void,
    ...args: unknown[]
  ): unknown => {
    const now = performance.now();
    if (now - last > NEW_ROW) streak = 0;
    last = now;
    if (streak++ < SPINS) return immediate(callback, ...args);
    return setTimeout(() => {
      last = performance.now();
      callback(...args);
    }, 1);
  };
  return Object.assign(eased, immediate) as unknown as Immediate;
}
