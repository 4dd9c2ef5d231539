import type { Handler } from "./_test_hostile_hub.ts";
import {
  adder,
  body,
  forever,
  packed,
  raw,
  says,
  type Scenario,
  SHA,
  status,
  value,
} from "./_test_hostile_scenario.ts";

/** Hubs that do not answer as a server should. */
export const HOSTILE_REQUESTS: Scenario[] = [];
const add = adder(HOSTILE_REQUESTS);

const LATE = says("http://\\S+ must answer: got no answer within 250 ms$");
const NO_JSON = says('http://\\S+ must answer in JSON: got ".*"$');
const LONG = says(
  "an answer of http://\\S+ has at most 100000 bytes: got more$",
);
const NO_END = says("http://\\S+ must answer to the end: got .+$");
const ANSWER = says("http://\\S+ must answer: got .+$");
const SENT = says(".+ must (answer itself|send on .+), at most 10 times: got ");
const ABSENT = says("http://\\S+ must have it: .* \\(status 404\\)$");

const silent: Handler = () => {};
for (const route of ["info", "tree", "file"] as const) {
  add(route, "never answers", silent, LATE);
  add(route, "closes without an answer", ({ socket }) => {
    socket.destroy();
  }, ANSWER);
  add(
    route,
    "answers what is not HTTP",
    raw("\x1b]0;owned\x07\r\n\r\n"),
    ANSWER,
  );
  add(route, "sends headers without end", ({ socket }) => {
    const timer = setInterval(() => socket.write("X-A: b\r\n"), 5);
    socket.write("HTTP/1.1 200 OK\r\n");
    socket.on("error", () => {}).on("close", () => clearInterval(timer));
  }, ANSWER);
  add(
    route,
    "is always broken",
    status(500),
    says("http://\\S+ must answer: got status 500$"),
  );
  add(
    route,
    "is always busy",
    status(429, { "Retry-After": "0" }),
    says("http://\\S+ must answer: got status 429$"),
  );
  add(
    route,
    "asks to wait a day",
    status(429, { "Retry-After": "86400" }),
    says(
      "http://\\S+ must answer: got status 429; pull again in 1440 min, as it asks$",
    ),
  );
  add(route, "sends round in circles", ({ url }, response) => {
    response.writeHead(302, { Location: url! }).end();
  }, SENT);
  add(
    route,
    "sends to a file of the user",
    status(302, { Location: "file:///etc/passwd" }),
    SENT,
  );
  add(
    route,
    "sends to no address",
    status(302, { Location: "http://[" }),
    SENT,
  );
  add(
    route,
    "sends to nowhere",
    status(302),
    says("http://\\S+ must answer: got status 302$"),
  );
  add(
    route,
    "sends an escape in a header",
    raw("HTTP/1.1 302 \x1b[2J\r\nLocation: /\x1b[2J\r\n\r\n"),
    says(".+"),
  );
  add(route, "has nothing", status(404), ABSENT);
}

for (const route of ["info", "tree"] as const) {
  add(route, "begins and falls silent", (_, response) => {
    response.write("[");
  }, NO_END);
  add(route, "sends a byte at a time", forever(" ", 10), NO_END);
  add(route, "never stops sending", forever(" ".repeat(50_000), 1), LONG);
  add(route, "sends a bomb of gzip", packed(" ".repeat(20_000_000)), LONG);
  add(route, "sends broken gzip", (_, response) => {
    response.writeHead(200, { "Content-Encoding": "gzip" }).end("no gzip");
  }, NO_END);
  add(route, "sends a page of HTML", body("<html>\x1b[31mLog in"), NO_JSON);
  add(route, "sends half of its JSON", body('[{"sha"'), NO_JSON);
  add(route, "nests deeply", body("[".repeat(90_000)), NO_JSON);
  add(
    route,
    "promises more than comes",
    raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"),
    NO_END,
  );
  HOSTILE_REQUESTS.push({
    name: `${route}: sends to another host`,
    route,
    does: ({ elsewhere }) => status(302, { Location: `${elsewhere}/a` }),
    elsewhere: () => value({ sha: SHA }),
    expected: SENT,
  });
}
