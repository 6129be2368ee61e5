// Writes .oxlintrc.json from the one table of who may import whom. `--check` only compares.
// Plain JavaScript, because lint runs it before anything is built.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Packages by line, in the order of design.md. A line imports the base and itself, never another line. */
const lines = {
  base: [
    "diagnostics",
    "durable-files",
    "integrity",
    "sandbox",
    "skill-format",
    "service",
    "mcp-transport",
    "openclaw-approvals",
    "openclaw-contract",
  ],
  skill: [
    "audit-log",
    "skill-runtime",
    "skill-test",
    "skill-authoring",
    "clawhub",
    "table-query",
    "skill-server",
  ],
  retrieval: [
    "documents",
    "model-minilm",
    "native-engine",
    "embedder",
    "segment",
    "vector-index",
    "keyword-index",
    "retrieval",
    "retrieval-server",
  ],
  deployment: [
    "ollama-gate",
    "provision-plan",
    "provision-judges",
    "provision-doctor",
    "provision",
    "container-supervisor",
  ],
};

const appPackages = ["@clawkeep/skill", "@clawkeep/local-rag", "@clawkeep/claw"];

const named = (packages) => packages.map((name) => `@clawkeep/${name}`);

/** What files of `line` must not import, with the reason that lint prints. */
function restrictions(line) {
  const foreign = Object.entries(lines)
    .filter(([other]) => other !== line && (line === "base" || other !== "base"))
    .flatMap(([, packages]) => named(packages));
  return [
    {
      group: [...foreign, ...appPackages],
      message: `The ${line} line imports the base and itself: see scripts/import-boundaries.mjs.`,
    },
    { group: ["@clawkeep/*/*"], message: "Import a package by its name: no deep imports." },
  ];
}

const librariesOnly = { "no-console": "error" };

const config = {
  $schema: "./node_modules/oxlint/configuration_schema.json",
  plugins: ["typescript", "unicorn", "oxc", "import", "promise", "node"],
  categories: { correctness: "error", suspicious: "error" },
  rules: {
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-floating-promises": "error",
    "typescript/consistent-type-imports": "error",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "no-await-in-loop": "off",
    "no-control-regex": "off",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "unicorn/consistent-function-scoping": "off",
    "no-shadow": "off",
    "no-underscore-dangle": "off",
    "oxc/no-map-spread": "off",
    "import/no-unassigned-import": "off",
    "require-yield": "off",
    "unicorn/no-useless-spread": "off",
    "no-unmodified-loop-condition": "off",
    "import/no-named-as-default-member": "off",
    "typescript/require-array-sort-compare": "off",
    "typescript/no-unsafe-type-assertion": "off",
  },
  ignorePatterns: ["**/dist/**", "fixtures/**", "skills/**", "**/fixtures/**"],
  overrides: [
    {
      files: ["**/*.config.ts"],
      rules: { "import/no-default-export": "off" },
    },
    {
      files: ["packages/*/src/**"],
      rules: librariesOnly,
    },
    ...Object.entries(lines).map(([line, packages]) => ({
      files: packages.map((name) => `packages/${name}/src/**`),
      rules: { "no-restricted-imports": ["error", { patterns: restrictions(line) }] },
    })),
    {
      files: ["apps/*/src/**"],
      rules: {
        "no-restricted-imports": [
          "error",
          {
            patterns: [
              { group: appPackages, message: "No app imports an app." },
              {
                group: ["@clawkeep/*/*"],
                message: "Import a package by its name: no deep imports.",
              },
            ],
          },
        ],
      },
    },
  ],
};

const file = path.join(root, ".oxlintrc.json");
const text = `${JSON.stringify(config, null, 2)}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    process.stderr.write("differs from its table: run node scripts/import-boundaries.mjs\n");
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
}
