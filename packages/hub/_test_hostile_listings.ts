import type { Handler } from "./_test_hostile_hub.ts";
import {
  adder,
  body,
  entry,
  HEX,
  json,
  says,
  type Scenario,
  SHA,
  status,
  value,
} from "./_test_hostile_scenario.ts";

/** Hubs that tell odd commits and lists of files. */
export const HOSTILE_LISTINGS: Scenario[] = [];
const add = adder(HOSTILE_LISTINGS);

const NO_COMMIT = says("its revision must be a commit: got .+$");
const NO_FILE = says("each file has a path, a size and a hash: got .+$");
const NO_NAME = says(
  'a file has a path within it, of printable text: got ".*"$',
);
const SAME = says('its files have different places: got ".+" and ".+"$');
const LISTED = says("it has at most 50 files on 20 pages: got more$");

const files = (...list: unknown[]): Handler => value(list);
const named = (...paths: unknown[]): Handler =>
  files(...paths.map((path) => entry({ path })));
add("info", "is null", value(null), NO_COMMIT);
add("info", "is a list", value([SHA]), NO_COMMIT);
add(
  "info",
  "has a commit that is a path",
  value({ sha: "../../../evil" }),
  NO_COMMIT,
);
add(
  "info",
  "has a commit with an escape",
  value({ sha: "\x1b[2J\n" }),
  NO_COMMIT,
);
add(
  "info",
  "has a commit of megabytes",
  value({ sha: "a".repeat(90_000) }),
  NO_COMMIT,
);
add(
  "info",
  "is not UTF-8",
  body(Uint8Array.of(0x22, 0xff, 0x9b, 0x22)),
  NO_COMMIT,
);
add(
  "info",
  "refuses the token",
  status(401),
  says(".* private; the token from HF_TOKEN was refused \\(status 401\\)$"),
);
add(
  "info",
  "forbids",
  status(403),
  says(
    "the hub must permit it: the token from HF_TOKEN may not read this repository \\(status 403\\)$",
  ),
);
HOSTILE_LISTINGS.push({
  name: "info: tells another commit than that asked for",
  route: "info",
  does: () => value({ sha: "d".repeat(40) }),
  revision: SHA,
  expected: says(`its revision must be commit ${SHA}: got "d+"$`),
});

add(
  "tree",
  "is an object",
  value({}),
  says("its list of files must be a list: got object$"),
);
add(
  "tree",
  "is null",
  value(null),
  says("its list of files must be a list: got null$"),
);
add(
  "tree",
  "is empty",
  value([]),
  says("a file must fit the repository: got none of 0 at .*$"),
);
add("tree", "has entries that are none", files(null, 5, "a"), NO_FILE);
add("tree", "has a path that is a number", named(5), NO_FILE);
for (const size of [-1, 1.5, "9", 1e300, null]) {
  add(
    "tree",
    `has the size ${JSON.stringify(size)}`,
    files(entry({ lfs: { oid: HEX, size }, size })),
    NO_FILE,
  );
}
add(
  "tree",
  "has a hash that is a path",
  files(entry({ lfs: { oid: "../../evil", size: 5 } })),
  NO_FILE,
);
add(
  "tree",
  "has a hash with an escape",
  files(entry({ lfs: { oid: "\x1b[2J", size: 5 } })),
  NO_FILE,
);
add(
  "tree",
  "has more bytes than the disk",
  files(entry({ lfs: { oid: HEX, size: 9e15 } })),
  says('the disk of ".+" must take 9000000.0 GB: .+ GB are free$'),
);
add(
  "tree",
  "has more files than a repository",
  named(...Array(60).keys().map((i) => `f${i}`)),
  LISTED,
);
add("tree", "pages for ever", (_, response) => {
  response.setHeader(
    "Link",
    `</api/models/owner/model/tree/x?n=${Math.random()}>; rel="next"`,
  );
  json(response, []);
}, LISTED);
add("tree", "pages slowly for ever", (_, response) => {
  response.setHeader("Link", `</api/models/owner/model/tree/x>; rel="next"`);
  response.write("[");
  const timer = setTimeout(() => response.end("]"), 210);
  response.on("close", () => clearTimeout(timer));
}, says("http://\\S+ must list its files within 4000 ms: got no end$"));
add("tree", "has its next page at no address", (_, response) => {
  response.setHeader("Link", '<javascript:alert(1)>; rel="next"');
  json(response, []);
}, says("the next page of its files is at http://\\S+ too: got "));
HOSTILE_LISTINGS.push({
  name: "tree: has its next page at another host",
  route: "tree",
  does: ({ elsewhere }) => (_, response) => {
    response.setHeader("Link", `<${elsewhere}/api>; rel="next"`);
    json(response, []);
  },
  elsewhere: () => value([]),
  expected: says("the next page of its files is at http://\\S+ too: got "),
});
for (
  const path of [
    "../evil",
    "/evil",
    "a/../../evil",
    "a//b",
    "a/",
    "",
    ".",
    "a\\evil",
    "c:evil",
    "\x1b[2Jevil",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\0b",
    "\x9b2J",
    "a\x7f",
    "\ud800",
    "gpj.\u202eexe",
    "a".repeat(300),
    "a/".repeat(600) + "b",
  ]
) {
  add(
    "tree",
    `has the path ${JSON.stringify(path).slice(0, 30)}`,
    named(path),
    NO_NAME,
  );
}
add("tree", "has a file twice", named("a", "a"), SAME);
add("tree", "has a file that is a folder too", named("a/b/c", "a"), SAME);
