import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "hw-tests/**/*.test.ts"],
    globalSetup: ["src/cli/testing/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
