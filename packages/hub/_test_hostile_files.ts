import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Handler } from "./_test_hostile_hub.ts";
import {
  adder,
  body,
  forever,
  HEX,
  HONEST,
  NAME,
  packed,
  type Place,
  raw,
  says,
  type Scenario,
  SHA,
  SIZE,
  status,
  WEIGHTS,
} from "./_test_hostile_scenario.ts";

/** Hubs that send odd bytes, and caches with odd files. */
export const HOSTILE_FILES: Scenario[] = [];
const add = adder(HOSTILE_FILES);

const DROPPED = says(
  `the connection must last: it dropped at byte \\d+ of "${NAME}" \\(.+\\); pull again to go on from there$`,
);
const SENT = says(".+ must (answer itself|send on .+), at most 10 times: got ");
const MORE = says(
  `"${NAME}" has 200000 bytes: got more; it was removed, pull again$`,
);
const HASH = says(
  `"${NAME}" must have hash .+: got .+; it was removed, pull again$`,
);

add("file", "falls silent in the middle", (_, response) => {
  response.writeHead(200, { "Content-Length": SIZE });
  response.write(WEIGHTS.subarray(0, 5000));
}, DROPPED);
add("file", "sends a byte at a time", forever("a", 10), DROPPED);
add("file", "drops the connection again and again", (_, response) => {
  response.write(WEIGHTS.subarray(0, 100), () => response.destroy());
}, DROPPED);
add("file", "never stops sending", forever(WEIGHTS, 1), MORE);
add(
  "file",
  "sends a bomb of gzip",
  packed(new Uint8Array(20_000_000)),
  says(`the bytes of "${NAME}" come as they are: got them in "gzip"$`),
);
add(
  "file",
  "announces more",
  raw("HTTP/1.1 200 OK\r\nContent-Length: 2200000000\r\n\r\n"),
  says(
    `"${NAME}" has 200000 bytes from byte 0 on: the hub announces 2200000000$`,
  ),
);
add(
  "file",
  "announces fewer",
  body("a"),
  says(`"${NAME}" has 200000 bytes from byte 0 on: the hub announces 1$`),
);
add("file", "ends early", (_, response) => {
  response.write("a");
  response.end();
}, says(`"${NAME}" has 200000 bytes: got 1$`));
add("file", "is another", (_, response) => {
  response.end(new Uint8Array(SIZE));
}, HASH);
add(
  "file",
  "sends to an address of data",
  status(302, { Location: "data:,evil" }),
  SENT,
);
add("file", "sends to what is not TLS", ({ headers: { host } }, response) => {
  response.writeHead(302, { Location: `https://${host}/` }).end();
}, says("127.0.0.1:\\d+ must answer: got .+$"));
HOSTILE_FILES.push({
  name: "file: is kept elsewhere, where it is refused",
  route: "file",
  does: ({ elsewhere }) => status(302, { Location: `${elsewhere}/signed` }),
  elsewhere: () => status(403),
  expected: says(
    "127.0.0.1:\\d+, where the hub keeps its files, must answer: got status 403; pull again to go on$",
  ),
}, {
  name: "file: is kept elsewhere, which gets no token",
  route: "file",
  does: ({ elsewhere }) => status(302, { Location: `${elsewhere}/signed` }),
  elsewhere: () => HONEST.file,
  expected: "pulled",
}, {
  name: "file: is kept elsewhere, which asks for it at the hub",
  route: "file",
  does: ({ elsewhere }) => (request, response) =>
    request.url!.includes("?back")
      ? request.headers.authorization === undefined
        ? HONEST.file(request, response)
        : body("the token came back")(request, response)
      : status(302, { Location: `${elsewhere}/resolve` })(request, response),
  elsewhere: ({ hub }) => status(302, { Location: `${hub}/resolve/?back` }),
  expected: "pulled",
});
/** What an earlier pull has left. */
const left = (bytes: Uint8Array) => async ({ folder }: Place) => {
  await mkdir(join(folder, "blobs"), { recursive: true });
  await writeFile(join(folder, "blobs", `${HEX}.incomplete`), bytes);
};
const HALF = left(WEIGHTS.subarray(0, 90_000));
const whole: Handler = (_, response) => void response.end(WEIGHTS);
/** Answers a range with headers of its own, and all else as it should. */
const ranged = (handler: Handler): Handler => (request, response) =>
  (request.headers.range === undefined ? HONEST.file : handler)(
    request,
    response,
  );
add("file", "ignores the range of a pull that goes on", whole, "pulled", HALF);
add(
  "file",
  "refuses the range of a pull that goes on",
  ranged(status(416)),
  "pulled",
  HALF,
);
add(
  "file",
  "answers with another range",
  ranged((_, response) => {
    response.writeHead(206, { "Content-Range": `bytes 7-${SIZE - 1}/${SIZE}` });
    response.end(WEIGHTS.subarray(7));
  }),
  "pulled",
  HALF,
);
add(
  "file",
  "answers with a range without a name",
  ranged((_, response) => {
    response.writeHead(206).end(WEIGHTS.subarray(90_000));
  }),
  "pulled",
  HALF,
);
add(
  "file",
  "goes on with other bytes",
  ranged((_, response) => {
    response.writeHead(206, {
      "Content-Range": `bytes 90000-${SIZE - 1}/${SIZE}`,
    });
    response.end(WEIGHTS.subarray(0, SIZE - 90_000));
  }),
  "pulled",
  HALF,
);
add(
  "file",
  "finds other bytes of an earlier pull",
  HONEST.file,
  "pulled",
  left(new Uint8Array(SIZE)),
);
add(
  "file",
  "finds more bytes of an earlier pull",
  HONEST.file,
  "pulled",
  left(new Uint8Array(SIZE + 5)),
);
add(
  "file",
  "finds a link out of the cache where its part is",
  HONEST.file,
  "pulled",
  async (place) => {
    await mkdir(join(place.folder, "blobs"), { recursive: true });
    await symlink(
      join(place.outside, "precious"),
      join(place.folder, "blobs", `${HEX}.incomplete`),
    );
  },
);
/** Another link in place of that in the snapshot. */
const linked = (to: (place: Place) => string) => async (place: Place) => {
  const path = join(place.folder, "snapshots", SHA, NAME);
  await mkdir(join(path, ".."), { recursive: true });
  await symlink(to(place), path);
};
add(
  "file",
  "finds a dead link in the snapshot",
  HONEST.file,
  "pulled",
  linked(() => "../nothing"),
);
add(
  "file",
  "finds a link out of the cache in the snapshot",
  HONEST.file,
  "pulled",
  linked(({ outside }) => join(outside, "precious")),
);
