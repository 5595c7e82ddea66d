import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "hw-tests/**/*.test.ts"],
    globalSetup: ["src/cli/testing/build.ts"],
    maxWorkers: 2, // vitest leaves one core free, of two that would be half
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
