import assert from "node:assert/strict";
import { cacheFolder } from "./cache_folder.ts";

Deno.test("cacheFolder() follows each system's custom", () => {
  const has = (variables: Readonly<Record<string, string>>) => (name: string) =>
    variables[name];
  const HOME = "/home/me";
  const folder = (platform: string, variables: Record<string, string>) =>
    cacheFolder(platform, has(variables))?.replaceAll("\\", "/");
  assert.equal(folder("linux", { HOME }), "/home/me/.cache");
  assert.equal(folder("linux", { HOME, XDG_CACHE_HOME: "/c" }), "/c");
  assert.equal(folder("darwin", { HOME }), "/home/me/Library/Caches");
  assert.equal(folder("win32", { LOCALAPPDATA: "C:/L" }), "C:/L");
  assert.equal(folder("linux", {}), undefined);
});
