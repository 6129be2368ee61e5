import { defineConfig } from "tsup";

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  dts: false,
  sourcemap: true,
  clean: true,
  target: "node24",
  noExternal: [/^@clawkeep\//],
});

export default config;
