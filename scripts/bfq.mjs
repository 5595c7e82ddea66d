#!/usr/bin/env node
// The command. Committed, unlike dist/: npx finds it in a clone that is not built yet, and it says what to do there.
try {
  await import("../dist/cli/main.js");
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const problem = {
    rule: "not-built",
    what: "bfq is not built here, or what it depends on is not installed",
    fix: "run `npm ci` in its folder: it installs and builds",
  };
  if (process.argv.includes("--json")) console.log(JSON.stringify({ ok: false, problems: [problem] }, null, 2));
  else console.error(`error[${problem.rule}]: ${problem.what}\n  fix: ${problem.fix}`);
  process.exitCode = 3;
}
