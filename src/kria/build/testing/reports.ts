/** Reports as Vivado's text format has them, written for the tests: no tool made these figures. */

const rule = "-".repeat(96);
const section = (title: string) => `${rule}\n| ${title}\n| ${"-".repeat(title.length)}\n${rule}\n`;

const summaryHead = [
  "    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints  THS Total Endpoints     WPWS(ns)     TPWS(ns)  TPWS Failing Endpoints  TPWS Total Endpoints  ",
  "    -------      -------  ---------------------  -------------------      -------      -------  ---------------------  -------------------     --------     --------  ----------------------  --------------------  ",
].join("\n");

const path = (met: boolean, slack: number, kind: string, index: number) => `
Slack (${met ? "MET" : "VIOLATED"}) :             ${slack.toFixed(3)}ns  (required time - arrival time)
  Source:                 design_i/kernel/inst/machine/lane[${index}].lane/multiply/product_reg[3]/C
                            (rising edge-triggered cell FDRE clocked by clk_pl_0  {rise@0.000ns fall@2.000ns period=4.000ns})
  Destination:            design_i/kernel/inst/machine/lane[${index}].lane/sums/isum_reg[17]/D
                            (rising edge-triggered cell FDRE clocked by clk_pl_0  {rise@0.000ns fall@2.000ns period=4.000ns})
  Path Group:             clk_pl_0
  Path Type:              ${kind}
  Requirement:            4.000ns  (clk_pl_0 rise@4.000ns - clk_pl_0 rise@0.000ns)
  Data Path Delay:        4.011ns  (logic 1.240ns (30.915%)  route 2.771ns (69.085%))
  Logic Levels:           7  (CARRY8=2 LUT4=1 LUT6=4)
  Clock Path Skew:        -0.012ns (DCD - SCD + CPR)

    Location             Delay type                Incr(ns)  Path(ns)    Netlist Resource(s)
  -------------------------------------------------------------------    -------------------
`;

export function timingReport(met: boolean): string {
  const numbers = met
    ? "      0.041        0.000                      0               241120        0.010        0.000                      0               241120        0.500        0.000                       0                 98311  "
    : "     -0.213      -11.870                    164               241120        0.010        0.000                      0               241120        0.500        0.000                       0                 98311  ";
  return [
    "Copyright 1986-2022 Xilinx, Inc. All Rights Reserved. Copyright 2022-2023 Advanced Micro Devices, Inc. All Rights Reserved.",
    rule,
    "| Tool Version      : Vivado v.2023.2 (lin64) Build 4029153 Fri Oct 13 20:13:54 MDT 2023",
    "| Command           : report_timing_summary -max_paths 10 -file timing.rpt",
    "| Design            : design_wrapper",
    "| Device            : xck26-sfvc784",
    rule,
    "",
    "Timing Summary Report",
    "",
    section("Design Timing Summary"),
    summaryHead,
    numbers,
    "",
    "",
    met ? "All user specified timing constraints are met." : "Timing constraints are not met.",
    "",
    section("Clock Summary"),
    "Clock     Waveform(ns)         Period(ns)      Frequency(MHz)",
    "-----     ------------         ----------      --------------",
    "clk_pl_0  {0.000 2.000}        4.000           250.000         ",
    "",
    "",
    section("Timing Details"),
    path(met, met ? 0.041 : -0.213, "Setup (Max at Slow Process Corner)", 2),
    path(met, met ? 0.052 : -0.187, "Setup (Max at Slow Process Corner)", 0),
    path(true, 0.01, "Hold (Min at Fast Process Corner)", 1),
  ].join("\n");
}

/** Tables with the column that releases before 2021 did not have, or without. */
export function utilisationReport(prohibited = true): string {
  const table = (rows: [string, number, number][]) => {
    const head = ["Site Type", "Used", "Fixed", ...(prohibited ? ["Prohibited"] : []), "Available", "Util%"];
    const cells = rows.map(([name, used, available]) => [
      name,
      used,
      0,
      ...(prohibited ? [0] : []),
      available,
      ((100 * used) / available).toFixed(2),
    ]);
    const line = (row: unknown[]) =>
      `| ${row.map((cell, i) => String(cell)[i === 0 ? "padEnd" : "padStart"](i === 0 ? 26 : 10)).join(" | ")} |`;
    const edge = `+${head.map((_, i) => "-".repeat(i === 0 ? 28 : 12)).join("+")}+`;
    return [edge, line(head), edge, ...cells.map(line), edge].join("\n");
  };
  return [
    "Utilization Design Information",
    "",
    "1. CLB Logic",
    "------------",
    "",
    table([
      ["CLB LUTs", 71240, 117120],
      ["  LUT as Logic", 64112, 117120],
      ["  LUT as Memory", 7128, 57600],
      ["CLB Registers", 98311, 234240],
      ["CARRY8", 5120, 14640],
    ]),
    "",
    "3. BLOCKRAM",
    "-----------",
    "",
    table([
      ["Block RAM Tile", 74.5, 144],
      ["  RAMB36/FIFO*", 60, 144],
      ["URAM", 32, 64],
    ]),
    "",
    "4. ARITHMETIC",
    "-------------",
    "",
    table([
      ["DSPs", 684, 1248],
      ["  DSP48E2 only", 684, 1248],
    ]),
    "",
  ].join("\n");
}

const rows = (head: string[], cells: (string | number)[][]) => {
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => String(row[i]).length)));
  const line = (row: (string | number)[]) => `| ${row.map((cell, i) => String(cell).padEnd(widths[i])).join(" | ")} |`;
  const edge = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  return [edge, ...(head.every((title) => title === "") ? [] : [line(head), edge]), ...cells.map(line), edge];
};

export const powerReport = () =>
  [
    "Power Report",
    "",
    "1. Summary",
    "----------",
    "",
    ...rows(
      ["", ""],
      [
        ["Total On-Chip Power (W)", "4.317"],
        ["Design Power Budget (W)", "Unspecified*"],
        ["Power Budget Margin (W)", "NA"],
        ["Dynamic (W)", "3.951"],
        ["Device Static (W)", "0.366"],
        ["Effective TJA (C/W)", "2.3"],
        ["Max Ambient (C)", "90.1"],
        ["Junction Temperature (C)", "34.9"],
        ["Confidence Level", "Medium"],
        ["Setting File", "---"],
      ],
    ),
    "* Specify Design Power Budget using, set_operating_conditions -design_power_budget <value in Watts>",
    "",
    "1.1 On-Chip Components",
    "----------------------",
    "",
    ...rows(
      ["On-Chip", "Power (W)", "Used", "Available", "Utilization (%)"],
      [
        ["Clocks", "0.281", 3, "---", "---"],
        ["PS8", "2.6", 1, "---", "---"],
      ],
    ),
    "",
  ].join("\n");

export const methodologyReport = (broken: [string, string, string, number][]) =>
  [
    "Report Methodology",
    "",
    "Table of Contents",
    "-----------------",
    "1. REPORT SUMMARY",
    "2. REPORT DETAILS",
    "",
    "1. REPORT SUMMARY",
    "-----------------",
    "            Netlist: netlist",
    "          Floorplan: design_1",
    "      Design limits: <entire design considered>",
    "             Max violations: <unlimited>",
    `             Violations found: ${broken.reduce((sum, [, , , count]) => sum + count, 0)}`,
    ...(broken.length === 0 ? [] : rows(["Rule", "Severity", "Description", "Violations"], broken)),
    "",
    "2. REPORT DETAILS",
    "-----------------",
    ...broken.map(
      ([rule, severity]) => `${rule}#1 ${severity}\nA | in the text of a violation\nRelated violations: <none>\n`,
    ),
  ].join("\n");

export const crossingsReport = (crossings = true) =>
  [
    "CDC Report",
    "",
    ...(crossings
      ? [
          "Severity  Source Clock  Destination Clock  CDC Type                 Exceptions           Endpoints  Safe  Unsafe  Unknown  No ASYNC_REG  ",
          "--------  ------------  -----------------  -----------------------  -------------------  ---------  ----  ------  -------  ------------  ",
          "Critical  clk_pl_0      axis clock         No Common Primary Clock  Asynch Clock Groups         12    10       1        1            12  ",
          "Info      axis clock    clk_pl_0           Safely Timed                                        112   112       0        0             0  ",
        ]
      : []),
    "",
    "",
  ].join("\n");
