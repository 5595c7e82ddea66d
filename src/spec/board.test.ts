import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { readBoard } from "./board.ts";
import { type BadSpec, complaint, edited } from "./testing/bad-spec.ts";

const good = `bfq: 1
name: mine
part: xck26-sfvc784-2LV-c
resources: { lut: 1, ff: 1, dsp: 1, bram36: 1, uram: 0 }
ports: { count: 4, bits: 128 }
clock: { mhz: 250 }
memory: { bytes: 4294967296, peak: 17.07 }
`;

const changed = (...edits: [string, string][]) => edited(good, edits);

/** A board with ports of its own: of one lane or two. */
const wired = `${good}processing-system:
  memory-ports:
    HPC0: { pin: S_AXI_HPC0_FPD, clock: saxihpc0_fpd_aclk, index: 0, afi: 0, width-register: 0xfd360000 }
    HP0: { pin: S_AXI_HP0_FPD, clock: saxihp0_fpd_aclk, index: 2, afi: 4, width-register: 0xfd380000 }
    HP3: { pin: S_AXI_HP3_FPD, clock: saxihp3_fpd_aclk, index: 5, afi: 10, width-register: 0xfd3b0000 }
  lanes: { "1": [HP0], "2": [HP0, HP3] }
  others: HPC0
  control: { address: 0xa0000000, bytes: 0x10000, pin: M_AXI_HPM0_FPD, clock: maxihpm0_fpd_aclk, index: 0 }
  interrupt: 89
  linux:
    clock: { node: zynqmp_clk, id: 71 }
    reset: { node: zynqmp_reset, id: 116 }
    master-widths: { register: 14, value: 0xa00 }
`;

const table: BadSpec[] = [
  {
    name: "ports that memory-ports has not, a lane without one",
    yaml: edited(wired, [
      ['"1": [HP0]', '"1": [HP7]'],
      ['"2": [HP0, HP3]', '"2": [HP0]'],
      ["others: HPC0", "others: ACP"],
    ]),
    want: [
      "mine.yaml:13:18: error[unknown-port]: memory-ports has no port 'HP7'",
      "  fix: did you mean 'HP0'?",
      "mine.yaml:13:29: error[lane-ports]: 2 lanes need 2 ports; 1 are named",
      "mine.yaml:14:11: error[unknown-port]: memory-ports has no port 'ACP'",
      "  fix: known ports: HPC0, HP0, HP3",
    ].join("\n"),
  },
  {
    name: "words of a device tree or of Tcl that are no names",
    yaml: edited(wired, [
      ["pin: M_AXI_HPM0_FPD", 'pin: "[exit]"'],
      ["node: zynqmp_clk", 'node: "x>; y"'],
    ]),
    want: [
      "mine.yaml:15:56: error[wrong-value]: processing-system.control.pin: expected letters, digits and '_'; found '[exit]'",
      "mine.yaml:18:20: error[wrong-value]: processing-system.linux.clock.node: expected a label of the base device tree; found 'x>; y'",
    ].join("\n"),
  },
  {
    name: "missing resources",
    yaml: changed([" uram: 0 ", ""], ["dsp: 1, ", ""]),
    want: "mine.yaml:4:12: error[missing-key]: resources.dsp is missing\nmine.yaml:4:12: error[missing-key]: resources.uram is missing",
  },
  {
    name: "negative amount",
    yaml: changed(["lut: 1", "lut: -1"]),
    want: "mine.yaml:4:19: error[wrong-value]: resources.lut: expected at least 0; found -1",
  },
  {
    name: "another port width",
    yaml: changed(["bits: 128", "bits: 64"]),
    want: "mine.yaml:5:26: error[wrong-value]: ports.bits: expected 128; found 64",
  },
  {
    name: "clock of nothing",
    yaml: changed(["250", "0"]),
    want: "mine.yaml:6:15: error[wrong-value]: clock.mhz: expected more than 0; found 0",
  },
  {
    name: "part with a shell in it",
    yaml: changed(["xck26-sfvc784-2LV-c", '"xck26; rm -rf /"']),
    want: "mine.yaml:3:7: error[wrong-value]: part: expected letters, digits and '-'; found 'xck26; rm -rf /'",
  },
  {
    name: "Tcl in a board part",
    yaml: `${good}kria: { som: "a [exec id]", connectors: [{ name: "$x", carrier: "b:c" }], shared-bytes: 4097 }\n`,
    want: [
      "mine.yaml:8:14: error[wrong-value]: kria.som: expected a name of Vivado's board catalogue, such as vendor:board:part0:1.0; found 'a [exec id]'",
      "mine.yaml:8:50: error[wrong-value]: kria.connectors.0.name: expected lower-case letters, digits and '_'; found '$x'",
      "mine.yaml:8:89: error[wrong-value]: kria.shared-bytes: expected at least 1048576; found 4097",
      "mine.yaml:8:89: error[wrong-value]: kria.shared-bytes: expected a multiple of 4096; found 4097",
    ].join("\n"),
  },
  {
    name: "board of the 7 series",
    yaml: changed(["xck26-sfvc784-2LV-c", "xc7z020clg400-1"]),
    want: [
      "mine.yaml:3:7: error[family]: xc7z020clg400-1 is a part of the 7 series (Zynq-7000, Artix-7 and the like)",
      "  why: it has no DSP48E2: two products of a pair of columns do not fit its DSP48E1, and it has no UltraRAM",
      "  fix: use a Zynq UltraScale+ board, such as kv260 or zcu104",
    ].join("\n"),
  },
  {
    name: "unknown module",
    yaml: "bfq: 1\nname: mine\nmodule: k27\n",
    want: "mine.yaml:3:9: error[unknown-module]: no module named 'k27'\n  fix: known modules: k26",
  },
  {
    name: "carrier with a fabric of its own",
    yaml: "bfq: 1\nname: mine\nmodule: k26\npart: x\n",
    want: "mine.yaml:4:1: error[unknown-key]: unknown key 'part' in the spec\n  fix: known keys here: bfq, name, description, module, kria",
  },
];

it("KR260 has all that KV260 has, but for its carrier card", async () => {
  const [kv, kr] = await Promise.all(["kv260", "kr260"].map((name) => readBoard(`${specsFolder}/boards/${name}.yaml`)));
  const { name: _, description: __, kria: ___, ...module } = kv;
  expect(kr).toMatchObject(module);
});

describe("mistakes in a board", () => {
  it.each(table)("$name", async ({ yaml, want }) => {
    const folder = await mkdtemp(`${tmpdir()}/bfq-board-`);
    try {
      await writeFile(`${folder}/mine.yaml`, yaml);
      const text = await complaint(() => readBoard(`${folder}/mine.yaml`));
      expect(text.replaceAll(`${folder}/`, "")).toBe(want);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it("every board of the library is good and has the name of its file", async () => {
  for (const file of await readdir(`${specsFolder}/boards`)) {
    expect(`${(await readBoard(`${specsFolder}/boards/${file}`)).name}.yaml`).toBe(file);
  }
});
