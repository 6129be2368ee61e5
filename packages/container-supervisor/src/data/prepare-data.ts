import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder, replaceFile } from "@clawkeep/durable-files";
import { ensureToken, runTool } from "@clawkeep/provision";
import { renderAdvice } from "@clawkeep/provision-plan";

import type { ContainerPlace } from "../settings/container-place.ts";
import { dataFolders } from "../settings/container-place.ts";
import type { ContainerSettings } from "../settings/read-settings.ts";
import { configOfSettings } from "../settings/render-settings.ts";

/** What was made ready. */
export interface PreparedData {
  /** The `openclaw.json` that the gateway reads. */
  readonly configFile: string;
  /** Lines for the log. */
  readonly notes: readonly string[];
}

/**
 * Makes the volume ready for a start: folders, the token (once), the configuration (anew), advice to the agent (once),
 * the image's skills (anew) with their lock. What the agent and its person made is left as it is.
 *
 * @throws CodedError `CONTAINER_DATA` for a volume that this user cannot write, and what private folders and files throw
 */
export async function prepareData(
  settings: ContainerSettings,
  place: ContainerPlace,
): Promise<PreparedData> {
  const folders = dataFolders(place);
  try {
    for (const folder of [...Object.values(folders), settings.ollama.models]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
    await ensurePrivateFolder(folders.secrets);
    return await fill(settings, place);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (isCodedError(cause) || (code !== "EACCES" && code !== "EROFS" && code !== "EPERM"))
      throw cause;
    throw new CodedError({
      code: "CONTAINER_DATA",
      message: `${place.data}: expected a volume that uid ${process.getuid?.() ?? "of this process"} can write, got ${code}`,
      hint: "A named volume has the right owner by itself: -v clawlama-data:/data. For a folder of the host: chown -R 1000:1000 FOLDER.",
      cause,
    });
  }
}

async function fill(settings: ContainerSettings, place: ContainerPlace): Promise<PreparedData> {
  const folders = dataFolders(place);
  const notes: string[] = [];
  let configFile = settings.custom?.file;
  if (configFile === undefined) {
    await ensureToken(join(folders.secrets, "gateway-token"));
    await keepTelegram(join(folders.secrets, "telegram-token"), settings.telegramToken);
    configFile = join(folders.config, "openclaw.json");
    await replaceFile(configFile, configOfSettings(settings, place), { mode: 0o600 });
  } else
    notes.push(
      `configuration: ${configFile}, as it was mounted; variables of models and tools do not change it`,
    );
  // OpenClaw reads what is said about tools there, and TOOLS.md no more.
  if (await writeOnce(join(folders.workspace, "AGENTS.md"), renderAdvice(settings.spec).text)) {
    notes.push(
      "AGENTS.md: written into the workspace; it is advice to the agent, and yours to change",
    );
  }
  notes.push(...(await bringSkills(place)));
  return { configFile, notes };
}

/** The token is a file like any other secret; without one none is left. */
async function keepTelegram(file: string, token: string | undefined): Promise<void> {
  if (token === undefined) await rm(file, { force: true });
  else await replaceFile(file, `${token}\n`, { mode: 0o600 });
}

async function writeOnce(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The skills of the image, as they are in it: a new image brings its own. Others in the workspace stay. */
async function bringSkills(place: ContainerPlace): Promise<readonly string[]> {
  if (!existsSync(place.skills)) return [`skills: the image has none in ${place.skills}`];
  const { workspace, clawkeep } = dataFolders(place);
  const names = readdirSync(place.skills).toSorted();
  for (const name of names) {
    const target = join(workspace, "skills", name);
    await rm(target, { recursive: true, force: true });
    await cp(join(place.skills, name), target, { recursive: true });
  }
  const locked = await runTool(
    [
      place.skillProgram,
      "lock",
      "--workspace",
      workspace,
      ...names.map((name) => join(workspace, "skills", name)),
    ],
    { environment: { HOME: place.data, CLAWKEEP_HOME: clawkeep, NO_COLOR: "1" } },
  );
  if (locked.code === 0) return [`skills: ${names.join(", ")}, locked`];
  const said = `${locked.stdout}${locked.stderr}`.split("\n").map((line) => line.trim());
  const words = said.filter((line) => /\berror\b/u.test(line)).join("; ") || said.join(" ");
  return [`skills: not all of them are locked, and what is not does not run: ${words}`];
}
