import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "vitest";

import { askService } from "../lines/ask-service.ts";
import { claimPlace } from "../place/claim-place.ts";
import { socketPlace } from "../place/socket-place.ts";
import { echoLines, release, scratch } from "../stand.cases.ts";

const coded = (code: string): unknown => expect.objectContaining({ code });

test("a folder that is a link is used by neither side", async () => {
  using home = scratch();
  using other = scratch();
  await using stand = await echoLines(other.folder);
  symlinkSync(stand.place.folder, path.join(home.folder, "run"));
  const place = socketPlace(home.folder, "echo");
  await expect(askService(place.socket, { method: "hello" })).rejects.toThrow(
    coded("SERVICE_FOLDER_LINK"),
  );
  await expect(claimPlace(place, release)).rejects.toThrow(coded("FOLDER_IS_LINK"));
});

test("a socket that is a link is asked nothing", async () => {
  using home = scratch();
  using other = scratch();
  await using stand = await echoLines(other.folder);
  const place = socketPlace(home.folder, "echo");
  mkdirSync(place.folder, { mode: 0o700 });
  symlinkSync(stand.place.socket, place.socket);
  await expect(askService(place.socket, { method: "hello" })).rejects.toThrow(
    coded("SERVICE_SOCKET_NONE"),
  );
});

test("a folder that others may look into is used by neither side", async () => {
  using home = scratch();
  const place = socketPlace(home.folder, "echo");
  mkdirSync(place.folder, { mode: 0o755 });
  chmodSync(place.folder, 0o755);
  await expect(askService(place.socket, { method: "hello" })).rejects.toThrow(
    coded("SERVICE_FOLDER_OPEN"),
  );
  await expect(claimPlace(place, release)).rejects.toThrow(coded("FOLDER_NOT_PRIVATE"));
});

test("below a parent that anybody can change nothing is asked", async () => {
  using home = scratch();
  const open = path.join(home.folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  const place = socketPlace(open, "echo");
  mkdirSync(place.folder, { mode: 0o700 });
  await expect(askService(place.socket, { method: "hello" })).rejects.toThrow(
    coded("SERVICE_FOLDER_OPEN"),
  );
});

test("what lies in the socket's place and is no socket is not removed", async () => {
  using home = scratch();
  const place = socketPlace(home.folder, "echo");
  mkdirSync(place.folder, { mode: 0o700 });
  writeFileSync(`${place.socket}.new`, "keep me");
  renameSync(`${place.socket}.new`, place.socket);
  await expect(echoLines(home.folder)).rejects.toThrow(coded("SERVICE_PATH_TAKEN"));
});
