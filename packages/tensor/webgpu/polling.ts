/** Calls in a row that are passed on at once, for the sake of short work. */
const SPINS = 24;
/** A pause this long between calls, in milliseconds, begins a new row. */
const NEW_ROW = 2;
/** How long a turn sleeps then, in milliseconds; timers oversleep by one. */
const SLEEP = 0.5;

const never = new Int32Array(new SharedArrayBuffer(4));

type Immediate = typeof globalThis.setImmediate;

let users = 0;
let original: Immediate | undefined;

/**
 * Slows down how Dawn waits on Node-like hosts.
 *
 * While anything is pending Dawn calls `setImmediate` in a loop, which keeps
 * one core busy: the very core on which a software adapter computes. After a
 * few turns at full speed this thread sleeps for half a millisecond each turn.
 *
 * @returns Function that undoes it.
 */
export function easePolling(): () => void {
  const host = globalThis as Partial<Record<"setImmediate", Immediate>>;
  if (host.setImmediate === undefined || !maySleep()) return () => {};
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

/** Whether this thread may sleep; that of a page may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(never, 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** `setImmediate` that sleeps first when it is called all the time. */
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
    return immediate(() => {
      Atomics.wait(never, 0, 0, SLEEP);
      last = performance.now();
      callback(...args);
    });
  };
  return Object.assign(eased, immediate) as unknown as Immediate;
}
