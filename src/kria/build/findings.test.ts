import { describe, expect, it } from "vitest";
import { UserError } from "../../problem.ts";
import { parseCrossings, parseMethodology, parsePower } from "./findings.ts";
import { crossingsReport, methodologyReport, powerReport } from "./testing/reports.ts";

/** Formats: Vivado's, of public reports; figures made up. */

const broken: [string, string, string, number][] = [
  ["TIMING-6", "Critical Warning", "No common primary clock between related clocks", 2],
  ["TIMING-18", "Warning", "Missing input or output delay", 3],
];

it("power", () => {
  const power = { total: 4.317, dynamic: 3.951, static: 0.366, junction: 34.9, confidence: "Medium" };
  expect(parsePower(powerReport())).toEqual(power);
  expect(parsePower(powerReport().replaceAll("\n", "\r\n"))).toEqual(power);
});

it("methodology: rules with their counts, none where none is broken", () => {
  expect(parseMethodology(methodologyReport(broken))).toEqual(
    broken.map(([rule, severity, description, violations]) => ({ rule, severity, description, violations })),
  );
  expect(parseMethodology(methodologyReport([]))).toEqual([]);
});

it("clock crossings: a row for each pair of clocks, none on one clock", () => {
  expect(parseCrossings(crossingsReport())).toEqual([
    {
      ...{ severity: "Critical", from: "clk_pl_0", to: "axis clock", kind: "No Common Primary Clock" },
      ...{ endpoints: 12, safe: 10, unsafe: 1, unknown: 1 },
    },
    {
      ...{ severity: "Info", from: "axis clock", to: "clk_pl_0", kind: "Safely Timed" },
      ...{ endpoints: 112, safe: 112, unsafe: 0, unknown: 0 },
    },
  ]);
  expect(parseCrossings(crossingsReport(false))).toEqual([]);
});

describe("refused, exit code 4", () => {
  const methodology = methodologyReport(broken);
  it.each<[string, (text: string) => unknown, string, string]>([
    ["an empty power report", parsePower, "", "no row Total On-Chip Power (W)"],
    ["a power report cut short", parsePower, powerReport().split("| Device Static")[0], "no row Device Static (W)"],
    ["power without figures", parsePower, powerReport().replace("3.951", "NA"), "no figure of Dynamic (W)"],
    ["an empty methodology report", parseMethodology, "", "no count of violations"],
    ["a methodology report cut short", parseMethodology, methodology.split("| TIMING-18")[0], "no 5 violations"],
    ["an empty CDC report", parseCrossings, "", "no title CDC Report"],
    ["a CDC report cut short", parseCrossings, crossingsReport().split("       0        0")[0], "no count of Unsafe"],
  ])("%s", (_, parse, text, want) => {
    try {
      parse(text);
      expect.unreachable();
    } catch (error) {
      expect((error as UserError).problems[0].what).toContain(want);
      expect((error as UserError).exitCode).toBe(4);
      expect(error).toBeInstanceOf(UserError);
    }
  });
});
