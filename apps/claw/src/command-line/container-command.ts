import type { Command } from "commander";

import type {
  ContainerBuildOptions,
  ContainerDataOptions,
  ContainerFilesOptions,
} from "../commands/container.ts";

const defaultPort = "18789";

/** Commands about the single container: one image with OpenClaw and Ollama, set up by its environment. */
export function addContainerCommand(program: Command, done: (code: number) => void): void {
  const container = program
    .command("container")
    .description("one container with OpenClaw and Ollama: its files, its image, its data")
    .addHelpText("after", examples);

  made(container.command("files"))
    .description("write Dockerfile, compose files and variables; nothing is built")
    .argument("<folder>", "a new folder; files that are there stay")
    .addHelpText("after", filesExamples)
    .action(async (folder: string, options: ContainerFilesOptions) => {
      const { writeContainerFiles } = await import("../commands/container.ts");
      done(writeContainerFiles(folder, options));
    });

  made(container.command("build"))
    .description("build the image with Docker")
    .option("--tag <tag>", "name of the image (default: claw-container and OpenClaw's version)")
    .option("--gpu", "with the libraries that Ollama needs for a GPU")
    .option("--platform <platforms>", "such as linux/amd64,linux/arm64, which needs --push")
    .option("--push", "push it to the registry of its tag, by buildx")
    .option("--dry-run", "print the command, and build nothing")
    .addHelpText("after", buildExamples)
    .action(async (options: ContainerBuildOptions) => {
      const { buildContainer } = await import("../commands/container.ts");
      done(await buildContainer(options));
    });

  const data = (command: Command): Command =>
    command
      .option("--volume <name>", "the volume of the container", "clawlama-data")
      .requiredOption("--image <image>", "the image that the container runs")
      .option("--container <name>", "stop this container first, and start it afterwards")
      .option("--dry-run", "print the commands, and do nothing");

  data(container.command("backup"))
    .description("write one archive of the agent's state, workspace and records")
    .argument("<file>", "a new file, in a folder that uid 1000 may write")
    .addHelpText("after", backupExamples)
    .action(async (file: string, options: ContainerDataOptions) => {
      const { backupContainer } = await import("../commands/container.ts");
      done(await backupContainer(file, options));
    });

  data(container.command("restore"))
    .description("check every digest of an archive, then give a volume what it holds")
    .argument("<file>", "what claw container backup wrote")
    .addHelpText("after", restoreExamples)
    .action(async (file: string, options: ContainerDataOptions) => {
      const { restoreContainer } = await import("../commands/container.ts");
      done(await restoreContainer(file, options));
    });
}

function made(command: Command): Command {
  return command
    .option(
      "--floating",
      "the newest versions on the day of the build, instead of those that were tried",
    )
    .option(
      "--port <port>",
      "port of the gateway, in the container and on loopback of the host",
      defaultPort,
    );
}

const examples = `
Examples:
  claw container files ~/clawlama && cd ~/clawlama && docker compose up -d
  claw container build
  docker run -d --name clawlama -v clawlama-data:/data -p 127.0.0.1:18789:18789 claw-container:2026.9.6
  docker exec -it clawlama claw-container token

Every variable of the container: docker run --rm claw-container:2026.9.6 help
One user runs everything in it: what it records is no evidence against its own gateway. For that take the
profile cage, whose parts are containers of their own.
`;

const filesExamples = `
Examples:
  claw container files ~/clawlama
  claw container files ~/clawlama --port 19000 --floating

Exit codes: 0 written, 2 usage or failure.
`;

const buildExamples = `
Examples:
  claw container build
  claw container build --tag registry.example.net/claw:1 --platform linux/amd64,linux/arm64 --push
  claw container build --gpu --dry-run

The exit code is Docker's, or 2 for usage.
`;

const backupExamples = `
Examples:
  claw container backup ~/backups/claw.tar --image claw-container:2026.9.6 --container clawlama

Models, secrets and what is made anew at each start are not in it. A volume that a container runs on is refused.
`;

const restoreExamples = `
Examples:
  claw container restore ~/backups/claw.tar --image claw-container:2026.9.6 --volume fresh-data

What was there stays beside it. Tokens stay those of the volume.
`;
