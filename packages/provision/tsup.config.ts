import { defineConfig } from "tsup";

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: ["src/index.ts"],
  format: "esm",
  dts: false,
  sourcemap: true,
  clean: true,
  // `node:sqlite` exists only with its prefix.
  removeNodeProtocol: false,
  target: "node24",
});

export default config;
