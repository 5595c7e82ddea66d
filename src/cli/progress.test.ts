import { execa } from "execa";
import { afterEach, expect, it, vi } from "vitest";
import { packageRoot } from "../paths.ts";
import type { Plan } from "../plan/plan.ts";
import { engines } from "../verify/engines.ts";
import { whileBuilding } from "./building.ts";

afterEach(() => vi.restoreAllMocks());

const plan = { name: "mine" } as Plan;
const rtl = engines.get("rtl")!;
const line = "building the simulator of mine (rtl): about 10 s on two idle cores, once";

it.each([
  [false, `${line}\n`],
  [true, ""],
])("a build where stderr is no terminal, --json %s", async (json, want) => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await whileBuilding({ json }, rtl, plan)(async () => {});
  expect(write.mock.calls.map(([text]) => text).join("")).toBe(want);
});

/** util-linux' script gives a program a terminal; what reaches it is both streams. */
it("on a terminal the line is there while the work lasts, the latest word under it, and no escape of another's", async () => {
  const program = `
    import { withProgress } from "${packageRoot}dist/cli/progress.js";
    await withProgress({ json: false }, "one\\u001b[2J", async (say) => {
      say("two\\u001b[2J");
      await new Promise((resolve) => setTimeout(resolve, 500));
    });
    console.log("both are terminals:", String(process.stdout.isTTY && process.stderr.isTTY));`;
  const command = `${process.execPath} --input-type=module -e '${program}'`;
  const { stdout } = await execa("script", ["-qec", `stty cols 100 rows 30; ${command}`, "/dev/null"], {
    env: { CI: "", TERM: "xterm" },
  });
  expect(stdout).toContain("one\\u{1b}[2J");
  expect(stdout).toContain("two\\u{1b}[2J");
  expect(stdout).not.toContain("\u001b[2J");
  expect(stdout).toContain("both are terminals: true");
});
