import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "hw-tests/**/*.test.ts"],
    globalSetup: ["src/cli/testing/build.ts"],
    maxWorkers: 2, // Vitest leaves one core free; of two that is half.
    // They end what hangs, and nothing that a loaded machine slows down.
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
  },
});
