import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { defineConfig } from "tsup";

import { noticesFile, thirdPartyNotices } from "./scripts/third-party-notices.ts";
import { grammarFiles } from "../../packages/documents/src/extraction/code/grammar-files.ts";

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: {
    main: "src/main.ts",
    // A program each, in one file each: a cold start pays for every file that it opens.
    query: "src/query.ts",
    warm: "src/warm.ts",
    "start-warm": "src/start/start-warm.ts",
    "index-places": "src/place/index-places.ts",
    worker: "src/worker.ts",
    manage: "src/manage.ts",
    "index-command": "src/commands/index-command.ts",
    "watch-command": "src/commands/watch-command.ts",
    "forget-command": "src/commands/forget-command.ts",
    "serve-command": "src/commands/serve-command.ts",
    "status-command": "src/commands/status-command.ts",
    "verify-command": "src/commands/verify-command.ts",
    "eval-command": "src/commands/eval-command.ts",
    "bundle-command": "src/commands/bundle-command.ts",
    "mcp-config-command": "src/commands/mcp-config-command.ts",
    "collection-command": "src/commands/collection-command.ts",
    "embedder-worker": "../../packages/embedder/src/workers/worker.ts",
    // The confined child process that reads PDFs, office files and code.
    extractor: "../../packages/documents/src/extraction/child/main.ts",
    // What starts it is apart too: inside another file esbuild defers each module that it shares with that,
    // and zod's refer to each other while they are set up.
    "start-extractor": "../../packages/documents/src/extraction/extractor.ts",
  },
  format: "esm",
  dts: false,
  sourcemap: false,
  clean: true,
  splitting: false,
  target: "node24",
  // `sqlite` without `node:` is another module, that is not there.
  removeNodeProtocol: false,
  // The native engine is looked for beside the code that loads it. The folder is in the closure of the
  // program, so it is there without an engine too, and is not empty, because archives drop empty folders.
  onSuccess: async () => {
    mkdirSync("dist/native", { recursive: true });
    writeFileSync("dist/native/README", "The native engine, for the machines it was built for.\n");
    const built = "../../packages/native-engine/native";
    if (existsSync(built)) {
      cpSync(built, "dist/native", { recursive: true });
    }
    // The child process that reads code looks for its grammars there.
    mkdirSync("dist/grammars", { recursive: true });
    for (const file of grammarFiles("../../packages/documents/package.json")) {
      cpSync(file, `dist/grammars/${path.basename(file)}`);
    }
    // The sandbox of `serve` looks for its launcher beside the code that starts it.
    const launchers = "../../packages/sandbox/prebuilt";
    if (existsSync(launchers)) {
      cpSync(launchers, "dist/prebuilt", { recursive: true });
    }
  },
  // One file tree without workspace packages: what is locked and shipped is what was tested.
  noExternal: [/^(?!onnxruntime-node)/],
  external: [/^onnxruntime-node/],
  // Bundled from their sources, so that the bundle never holds yesterday's build of a package.
  esbuildOptions: (options) => {
    options.conditions = ["source"];
  },
  esbuildPlugins: [
    {
      name: "licences of what is bundled",
      setup(build) {
        build.initialOptions.metafile = true;
        build.onEnd(({ metafile }) => {
          const folder = build.initialOptions.outdir ?? "dist";
          const bundled = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) =>
            Object.keys(inputs).map((file) => path.resolve(file)),
          );
          const copied = grammarFiles("../../packages/documents/package.json");
          mkdirSync(folder, { recursive: true });
          writeFileSync(path.join(folder, noticesFile), thirdPartyNotices([...bundled, ...copied]));
        });
      },
    },
    {
      name: "own programs stay apart",
      setup(build) {
        build.onResolve({ filter: /^\.\/extractor\.ts$/ }, ({ kind }) =>
          kind === "dynamic-import" ? { path: "./start-extractor.js", external: true } : undefined,
        );
        build.onResolve(
          {
            filter:
              /^\.\/(?:query|warm|worker|manage|index-places|start\/start-warm|commands\/[a-z-]+)\.ts$/,
          },
          ({ path, kind }) =>
            kind === "dynamic-import"
              ? {
                  path: path.replace(/^\.\/(?:commands\/|start\/)?(.+)\.ts$/u, "./$1.js"),
                  external: true,
                }
              : undefined,
        );
      },
    },
  ],
  // gray-matter is CommonJS and asks for `fs` by require, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
});

export default config;
