import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bfq } from "../../cli/testing/bfq.ts";
import { UserError } from "../../problem.ts";
import { checkHost, commandLine, parseProblems, quote, remoteError } from "./ssh.ts";

const hostile = [
  "",
  " ",
  "it's",
  "'",
  "''",
  "a;b",
  "a b",
  "$(touch /tmp/owned)",
  "`id`",
  "$HOME",
  "a\nb",
  '"',
  "\\",
  "-rf",
  "*",
  "~",
  "#x",
  "a&b|c>d<e",
  "ü€",
  "\u0001\u007f",
];

/** What a real shell makes of the quoted words. */
function asShellSeesIt(words: string[], shell = "/bin/sh"): string[] {
  const said = execFileSync(shell, ["-c", `for w in ${commandLine(words)}; do printf '%s\\0' "$w"; done`]).toString();
  return said.split("\0").slice(0, -1);
}

describe("quote", () => {
  it.each(["/bin/sh", "/bin/bash"])("every hostile word stays one word in %s", (shell) => {
    expect(asShellSeesIt(hostile, shell)).toEqual(hostile);
  });

  it("any text does (the shell is the outside truth)", () => {
    const word = fc.string({ unit: "binary", maxLength: 20 }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        expect(asShellSeesIt(words)).toEqual(words);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses what no shell can hold", () => {
    expect(() => quote("a\0b")).toThrow("NUL");
  });
});

describe("host names", () => {
  it.each(["kria", "ubuntu@kria", "ubuntu@192.168.1.7", "fe80::1%eth0", "[::1]", "my_board.local", "a.b-c+d@kria"])(
    "takes %s",
    (host) => {
      expect(checkHost(host)).toBe(host);
    },
  );

  const bad = [
    "-oProxyCommand=touch /tmp/owned",
    "-F/dev/null",
    "ubuntu@-oProxyCommand=x",
    "--",
    "@kria",
    "kria/x",
    "a@b@c",
  ];
  it.each([...hostile, ...bad, "x".repeat(300)])("refuses %j", (host) => {
    expect(() => checkHost(host)).toThrow(UserError);
  });

  it.each(["-oProxyCommand=touch /tmp/bfq-owned", "a;b", "a b", "$(id)", "a\nb"])(
    "bfq deploy refuses %j before ssh is started",
    async (host) => {
      const { exitCode, stderr } = await bfq(["deploy", `--host=${host}`, "nowhere"], { PATH: "/nowhere" });
      expect(stderr).toMatch(/^error\[bad-host\]: ".*" is not a host name\n {2}why: .*\n {2}fix: /);
      expect(exitCode).toBe(2);
      const doctor = await bfq(["doctor", `--board=${host}`], { PATH: "/nowhere" });
      expect(doctor.stderr).toContain("error[bad-host]");
      expect(doctor.exitCode).toBe(2);
    },
  );
});

describe("what the board says", () => {
  it("problems of a script keep their words and exit code", () => {
    const stderr = "noise\nerror[no-cma]: none\n  why: w\n  fix: f\nerror[busy]: b\n  why: w: x\n  fix: g\n";
    const want = [
      { rule: "no-cma", what: "none", why: "w", fix: "f", file: "kria" },
      { rule: "busy", what: "b", why: "w: x", fix: "g", file: "kria" },
    ];
    expect(parseProblems(stderr, "kria")).toEqual(want);
    const error = remoteError("kria", "step load", { exitCode: 3, stdout: "", stderr });
    expect(error).toMatchObject({ problems: want, exitCode: 3 });
  });

  it.each([
    [255, "connection"],
    [undefined, "connection"],
    [127, "step-failed"],
    [1, "step-failed"],
  ])("an end with %s and no problem of ours is %s", (exitCode, rule) => {
    const error = remoteError("kria", "step load", { exitCode, stdout: "", stderr: "sh: not found" });
    expect(error.problems).toMatchObject([{ rule, why: "sh: not found" }]);
    expect(error.exitCode).toBe(4);
  });
});
