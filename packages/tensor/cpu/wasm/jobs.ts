import { CONTROL, TASKS } from "./control.ts";
import { repeat } from "./text.ts";

/**
 * Looks at the epoch so often before a thread sleeps: some 0.3 ms, longer than
 * what lies between two products.
 */
const SPINS = 120_000;

/**
 * Jobs: the caller publishes operands and a number of tasks, every thread
 * claims tasks until none is left, and the caller waits for those that are
 * still running. A thread that comes late finds the job closed.
 */
export function jobsWat(): string {
  const at = (word: keyof typeof CONTROL) => `(i32.const ${CONTROL[word]})`;
  return `
(func $task (param $i i32) (param $thread i32)
  ${repeat(TASKS.length, (i) => `(block $kind${TASKS.length - 1 - i}`)}
    (br_table ${repeat(TASKS.length, (i) => `$kind${i}`)} (i32.load ${
    at("kind")
  }))
  ${
    TASKS.map((kind) =>
      `) (call $${kind}.task (local.get $i) (local.get $thread)) (return)`
    ).join("\n")
  })

;; runs tasks of the open job until all are claimed
(func $join (export "join") (param $thread i32) (local $i i32)
  (drop (i32.atomic.rmw.add ${at("active")} (i32.const 1)))
  (block $closed
    (br_if $closed (i32.eqz (i32.atomic.load ${at("open")})))
    (loop $claim
      (local.set $i (i32.atomic.rmw.add ${at("next")} (i32.const 1)))
      (br_if $closed (i32.ge_u (local.get $i) (i32.load ${at("count")})))
      (call $task (local.get $i) (local.get $thread))
      (br $claim)))
  (drop (i32.atomic.rmw.sub ${at("active")} (i32.const 1))))

;; runs a whole job, with the other threads
(func (export "run") (param $kind i32) (param $count i32)
  (i32.store ${at("kind")} (local.get $kind))
  (i32.store ${at("count")} (local.get $count))
  (i32.atomic.store ${at("next")} (i32.const 0))
  (i32.atomic.store ${at("open")} (i32.const 1))
  (drop (i32.atomic.rmw.add ${at("epoch")} (i32.const 1)))
  (if (i32.atomic.load ${at("sleeping")})
    (then (drop (memory.atomic.notify ${at("epoch")} (i32.const -1)))))
  (call $join (i32.const 0))
  (i32.atomic.store ${at("open")} (i32.const 0))
  (loop $wait (br_if $wait (i32.atomic.load ${at("active")}))))

;; runs a whole job on this thread alone
(func (export "runAlone") (param $kind i32) (param $count i32) (local $i i32)
  (i32.store ${at("kind")} (local.get $kind))
  (loop $next
    (call $task (local.get $i) (i32.const 0))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (local.get $count)))))

;; waits until the epoch is no longer the one seen; returns the new one
(func (export "idle") (param $seen i32) (result i32) (local $spins i32)
  (local.set $spins (i32.const ${SPINS}))
  (loop $spin
    (if (i32.ne (i32.atomic.load ${at("epoch")}) (local.get $seen))
      (then (return (i32.atomic.load ${at("epoch")}))))
    (local.set $spins (i32.sub (local.get $spins) (i32.const 1)))
    (br_if $spin (local.get $spins)))
  (drop (i32.atomic.rmw.add ${at("sleeping")} (i32.const 1)))
  (drop (memory.atomic.wait32 ${at("epoch")} (local.get $seen) (i64.const -1)))
  (drop (i32.atomic.rmw.sub ${at("sleeping")} (i32.const 1)))
  (i32.atomic.load ${at("epoch")}))`;
}
