import { describe, expect, it } from "vitest";
import { UserError } from "../../problem.ts";
import { linesThatMatter } from "./log.ts";
import { parseTiming, parseUtilisation, refuseSlow } from "./reports.ts";
import { timingReport, utilisationReport } from "./testing/reports.ts";

describe("timing report (format: Vivado's; figures made up)", () => {
  it("met", () => {
    const timing = parseTiming(timingReport(true));
    expect(timing).toMatchObject({
      met: true,
      setup: { worst: 0.041, total: 0, failing: 0, endpoints: 241120 },
      hold: { worst: 0.01 },
      pulse: { worst: 0.5, endpoints: 98311 },
      clocks: [{ name: "clk_pl_0", period: 4, mhz: 250 }],
    });
    expect(timing.paths.map(({ slack, kind }) => [slack, kind])).toEqual([
      [0.01, "hold"],
      [0.041, "setup"],
      [0.052, "setup"],
    ]);
    expect(() => refuseSlow(timing, "timing.rpt")).not.toThrow();
  });

  it("not met: what, the worst paths, and the clock that would do", () => {
    const timing = parseTiming(timingReport(false));
    expect(timing.met).toBe(false);
    try {
      refuseSlow(timing, "work/timing.rpt");
      expect.unreachable();
    } catch (error) {
      const { problems, exitCode } = error as UserError;
      expect(exitCode).toBe(4);
      expect(problems[0].what).toContain("timing not met: worst slack -0.213 ns setup (164 of 241120 endpoints)");
      expect(problems[0].why).toMatch(
        /^-0.213 ns: design_i\S+lane\[2\]\S+ -> \S+, levels 7 \(CARRY8=2 LUT4=1 LUT6=4\)\n-0.187 ns/,
      );
      expect(problems[0].fix).toContain("clock of the accelerator spec to 237 or less");
    }
  });

  it.each([
    ["empty", ""],
    ["cut short", timingReport(true).split("WNS(ns)")[0]],
    ["without figures", timingReport(true).replace(/ 0\.041 /, " NA ")],
  ])("refused: %s", (_, text) => {
    expect(() => parseTiming(text)).toThrow(UserError);
  });
});

describe("utilisation report", () => {
  it.each([true, false])("with the column Prohibited: %s", (prohibited) => {
    expect(parseUtilisation(utilisationReport(prohibited))).toEqual({
      lut: { used: 71240, available: 117120 },
      ff: { used: 98311, available: 234240 },
      dsp: { used: 684, available: 1248 },
      bram36: { used: 74.5, available: 144 },
      uram: { used: 32, available: 64 },
    });
  });

  it("refused where a table is missing", () => {
    expect(() => parseUtilisation(utilisationReport().split("4. ARITHMETIC")[0])).toThrow(
      "the report has no row for dsp",
    );
  });
});

describe("the lines of a log that matter", () => {
  it.each([
    [
      "Vivado",
      "INFO: [a] b\nERROR: [Synth 8-439] module 'x' not found\nWARNING: [c] d\n",
      "ERROR: [Synth 8-439] module 'x' not found",
    ],
    [
      "errors before critical warnings",
      "CRITICAL WARNING: [Timing 38-282] no\nERROR: [x] y\n",
      "ERROR: [x] y\nCRITICAL WARNING: [Timing 38-282] no",
    ],
    ["once each", "ERROR: a\nERROR: a\n", "ERROR: a"],
    [
      "bootgen",
      "[INFO]   : well\n[ERROR]  : BIF file - a.bif, parsing failed\n",
      "[ERROR]  : BIF file - a.bif, parsing failed",
    ],
    [
      "dtc",
      "Error: x.dts:3.1-2 syntax error\nFATAL ERROR: Unable to parse input tree\n",
      "Error: x.dts:3.1-2 syntax error\nFATAL ERROR: Unable to parse input tree",
    ],
    ["a compiler", "x.cpp:1:2: error: no\n", "x.cpp:1:2: error: no"],
    ["nothing known: the end", "one\n\ntwo\n", "one\ntwo"],
    ["nothing", "\n", "it said nothing"],
  ])("%s", (_, log, want) => {
    expect(linesThatMatter(log)).toBe(want);
  });

  it("no more than a dozen", () => {
    const log = Array.from({ length: 30 }, (_, i) => `ERROR: [x] ${i}`).join("\n");
    expect(linesThatMatter(log).split("\n").at(-1)).toBe("and 18 more");
  });
});
