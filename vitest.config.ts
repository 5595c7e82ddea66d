import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "hw-tests/**/*.test.ts"],
    globalSetup: ["src/cli/testing/build.ts"],
    maxWorkers: 2, // Vitest leaves one core free; of two that is half.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
