import { TransientError } from "@edit-transfer/store";
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { named, PASSWORD, testServer } from "./_test_postgres.ts";
import { attemptsOf } from "./attempts.ts";
import { databaseStore } from "./database_store.ts";
import { jobId } from "./job_id.ts";
import { findJobs, jobRows } from "./job_rows.ts";
import { engineOf, openQueue, type Queue } from "./open_queue.ts";
import { cancelJobs, putJobs, retryJobs } from "./put_jobs.ts";
import { queueStatus } from "./queue_status.ts";
import { work, type WorkEvent } from "./work.ts";

const job = (data: object) => ({ id: jobId(data), data });

/** Works until an event comes so often, and gives all events. */
async function workUntil(
  queue: Queue,
  name: string,
  [event, times]: readonly [WorkEvent["event"], number],
  run: (
    data: unknown,
    job: { id: string; signal: AbortSignal },
  ) => Promise<object>,
): Promise<WorkEvent[]> {
  const events: WorkEvent[] = [];
  const stop = new AbortController();
  await work(queue, {
    name,
    worker: "tester",
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]),
    run,
    isTransient: (error) => error instanceof TransientError,
    onEvent(one) {
      events.push(one);
      if (events.filter((e) => e.event === event).length === times) {
        stop.abort();
      }
    },
  });
  return events;
}

Deno.test({
  ...named("jobs are put once, done once, tried again, given up and cancelled"),
  async fn(t) {
    await using server = await testServer();
    const open = (url: string, worker?: string) => openQueue(url, { worker });

    await t.step("a password and TLS are honoured and never told", async () => {
      const at = `127.0.0.1:${server.port}/postgres`;
      const refused = async (url: string, message: RegExp) =>
        await assert.rejects(open(url), (error: Error) => {
          assert.match(error.message, message);
          assert.ok(!JSON.stringify(error).includes("never"), error.message);
          return !String(error.stack).includes(PASSWORD);
        });
      await refused(
        `postgres://edits:never@${at}`,
        /password authentication failed/,
      );
      const host = `localhost:${server.port}/postgres`;
      const strict = `postgres://edits:${PASSWORD}@${host}?sslmode=verify-full`;
      await refused(strict, /self-signed|UnknownIssuer|certificate/i);
      await refused(
        `postgres://edits:${PASSWORD}@127.0.0.1:1/x`,
        /ECONNREFUSED/,
      );
      const trusted = `${strict}&sslrootcert=${server.certificate}`;
      for (const url of [server.url, trusted]) {
        await using queue = await open(url);
        const [row] = await queue.sql(
          "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
        );
        assert.equal(row!.ssl, true);
        assert.ok(!queue.shown.includes(PASSWORD));
      }
    });

    await using queue = await open(server.url, "tester");
    await t.step("a job that is put twice is one, and done once", async () => {
      const name = "edit-transfer.a";
      const jobs = [1, 2, 3].map((i) => job({ i }));
      assert.equal(await putJobs(queue, name, jobs), 3);
      assert.equal(await putJobs(queue, name, jobs), 0);
      const seen: unknown[] = [];
      await workUntil(queue, name, ["done", 3], (data) => {
        seen.push(data);
        return Promise.resolve({ made: data });
      });
      assert.deepEqual(seen, jobs.map(({ data }) => data)); // in order
      assert.equal(await putJobs(queue, name, jobs), 0);
      const rows = await jobRows(queue, jobs.map(({ id }) => id));
      const states = [...rows.values()].map(({ state }) => state);
      assert.deepEqual(states, Array(3).fill("completed"));
      assert.deepEqual(rows.get(jobs[1]!.id)!.output, { made: { i: 2 } });
      const again = new Set([jobs[0]!.id]);
      assert.equal(await putJobs(queue, name, jobs, { again }), 1);
      assert.equal(await cancelJobs(queue, "waiting"), 1);
    });

    await t.step(
      "bad input fails at once, a lost network is tried again",
      async () => {
        const name = "edit-transfer.b";
        const [bad, shaky] = [job({ bad: 1 }), job({ shaky: 1 })];
        await putJobs(queue, name, [bad, shaky]);
        let tries = 0;
        const events = await workUntil(queue, name, ["done", 1], (data) => {
          if (Object.hasOwn(data as object, "bad")) {
            throw new Error("Cannot decode");
          }
          if (++tries < 2) throw new TransientError("Store is away");
          return Promise.resolve({});
        });
        const of = (id: string) =>
          events.filter((e) => e.job === id).map(({ event }) => event);
        assert.deepEqual(of(bad.id), ["taken", "failed"]);
        assert.deepEqual(of(shaky.id), ["taken", "retry", "taken", "done"]);
        const [first, second] = await attemptsOf(queue, shaky.id);
        assert.equal(first!.seen, "Store is away");
        assert.equal(second!.outcome, "done");
        const { deadLetters } = await queueStatus(queue);
        assert.deepEqual(deadLetters, [
          { job: bad.id, queue: name, seen: "Cannot decode" },
        ]);
      },
    );

    await t.step("a failed job begins anew with all its tries", async () => {
      const [bad] = await findJobs(queue, jobId({ bad: 1 }).slice(0, 9));
      assert.equal(bad!.state, "failed");
      assert.equal(await retryJobs(queue, [bad!.id]), 1);
      await workUntil(queue, bad!.name, ["done", 1], () => Promise.resolve({}));
      assert.deepEqual((await queueStatus(queue)).deadLetters, []);
      assert.equal(
        (await engineOf(queue).findJobs("edit-transfer.dead")).length,
        0,
      );
    });

    await t.step("a job that runs is stopped by cancelling it", async () => {
      const name = "edit-transfer.c";
      const long = job({ long: 1 });
      await putJobs(queue, name, [long]);
      await using other = await open(server.url);
      const events = await workUntil(
        queue,
        name,
        ["stopped", 1],
        async (_, { signal }) => {
          assert.equal(await cancelJobs(other, [long.id]), 1);
          await setTimeout(30_000, undefined, { signal });
          return {};
        },
      );
      const seconds = events.find((e) => e.event === "stopped")!.seconds!;
      assert.ok(seconds < 10, `${seconds}`);
      assert.equal(
        (await jobRows(queue, [long.id])).get(long.id)!.state,
        "cancelled",
      );
    });

    await t.step(
      "a job that kills its workers is given up after three",
      async () => {
        const name = "edit-transfer.d";
        const deadly = job({ deadly: 1 });
        await putJobs(queue, name, [deadly]);
        for (let i = 0; i < 3; i++) {
          // a worker that took it and was never heard of again
          const [taken] = await engineOf(queue).fetch(name, {
            ignoreStartAfter: true,
          });
          assert.equal(taken!.id, deadly.id);
          await queue.sql(
            "insert into edit_transfer.attempt (job, try, worker) values ($1, $2, $3)",
            [deadly.id, i + 1, `w${i}`],
          );
          await queue.sql(
            "update pgboss.job set heartbeat_on = now() - interval '1 hour' where id = $1",
            [deadly.id],
          );
          await queue.sql(
            "update pgboss.queue set monitor_on = null, monitor_claim_on = null",
          );
          await engineOf(queue).supervise(name);
        }
        const { deadLetters } = await queueStatus(queue);
        assert.equal(deadLetters[0]!.job, deadly.id);
        assert.match(deadLetters[0]!.seen, /heartbeat/);
        const tries = await attemptsOf(queue, deadly.id);
        assert.deepEqual(tries.map((one) => one.worker), ["w0", "w1", "w2"]);
        const [letter] = await engineOf(queue).findJobs("edit-transfer.dead");
        assert.deepEqual(letter!.data, deadly.data);
      },
    );

    await t.step("the database keeps files that are written once", async () => {
      const store = databaseStore(queue);
      await store.write("inputs/a", Uint8Array.of(1, 0, 255));
      await store.write("inputs/a", Uint8Array.of(2));
      assert.deepEqual(await store.read("inputs/a"), Uint8Array.of(1, 0, 255));
      assert.equal(await store.has("inputs/b"), false);
      await server.stop("immediate");
      await assert.rejects(store.read("inputs/a"), { name: "TransientError" });
      await server.start();
      assert.equal(await store.has("inputs/a"), true);
    });
  },
});
