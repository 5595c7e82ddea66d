import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateVariant } from "../../emit/variant.ts";
import { specsFolder } from "../../paths.ts";
import { planAccelerator } from "../../plan/plan.ts";
import { readAccelerator } from "../../spec/accelerator.ts";
import { workFiles } from "../emitter.ts";
import { archiveSteps, type BuildStep, kriaSteps, vitisSteps, vivadoSteps } from "./build-steps.ts";
import type { Implementation } from "./strategies.ts";
import { chooseHlsFlow, parseRelease, type VendorName } from "./tools.ts";

const plan = planAccelerator(await readAccelerator(join(specsFolder, "accelerators/k-quants.yaml")));
const variant = new Set(generateVariant(plan, { spec: "x.yaml", specHash: "0" }).map(({ path }) => path));

const names = { folder: "k-quants-kria", tar: "k-quants-kria.tar", deb: "k-quants_1_arm64.deb" };
const rest = [
  ...kriaSteps(plan, ["/trees/k26.dtb"], { source: "/llama", libraries: ["/a.so", "/b.so"] }),
  ...archiveSteps("k-quants", names),
];
const implementation: Implementation = { strategy: "Performance_Explore", jobs: 2 };
const chains: [string, BuildStep[]][] = [
  ["vivado", [...vivadoSteps(plan, implementation), ...rest]],
  [
    "vitis 2023.2",
    [...vitisSteps(plan, { flow: "unified", cosim: true, platform: "/p.xpfm", ...implementation }), ...rest],
  ],
  [
    "vitis 2022.2",
    [...vitisSteps(plan, { flow: "tcl", cosim: true, platform: "/p.xpfm", ...implementation }), ...rest],
  ],
];

/** What build.ts itself puts there between the steps. */
const written = new Set([
  "hls_ip.cfg",
  workFiles.vectors,
  "debian/DEBIAN/control",
  "../k-quants-kria/manifest.json",
  "../k-quants-kria/k-quants.bit.bin",
]);

describe.each(chains)("the steps of %s", (_, steps) => {
  it("each needs what the variant, the build or a step before has written", () => {
    const there = new Set(written);
    for (const step of steps) {
      for (const input of step.inputs) {
        const generated =
          input.startsWith("../variant/") && [...variant].some((path) => `../variant/${path}`.startsWith(input));
        const copied = input.startsWith("rtl/") && variant.has(input);
        expect(generated || copied || there.has(input), `${step.name}: ${input}`).toBe(true);
      }
      for (const output of step.outputs) there.add(output);
    }
  });

  it("no two write the same file, and each says how to get its tool", () => {
    const outputs = steps.flatMap((step) => step.outputs);
    expect(new Set(outputs).size).toBe(outputs.length);
    expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
    for (const { get } of steps) expect(get).toMatch(/install/);
  });
});

it("the Vivado chain, call by call", () => {
  expect(vivadoSteps(plan, { jobs: 4 }).map(({ tool, args }) => [tool, ...args].join(" "))).toEqual([
    "vivado -mode batch -nojournal -nolog -notrace -source ../variant/deploy/vivado/package_ip.tcl",
    "vivado -mode batch -nojournal -nolog -notrace -source ../variant/deploy/vivado/bitstream.tcl -tclargs rtl 4",
  ]);
  expect(vivadoSteps(plan, implementation)[1].args.slice(-4)).toEqual(["-tclargs", "rtl", "2", "Performance_Explore"]);
});

it("the Vitis chain with a platform, call by call", () => {
  const steps = vitisSteps(plan, { flow: "unified", cosim: false, platform: "/my platform.xpfm", jobs: 4 });
  expect(steps.map(({ tool, args }) => [tool, ...args])).toEqual([
    ["vitis-run", "--mode", "hls", "--csim", "--config", "hls_ip.cfg", "--work_dir", "hls_ip"],
    ["v++", "-c", "--mode", "hls", "--config", "hls_ip.cfg", "--work_dir", "hls_ip"],
    [
      "vivado",
      "-mode",
      "batch",
      "-nojournal",
      "-nolog",
      "-notrace",
      "-source",
      "../variant/deploy/vivado/bitstream.tcl",
      "-tclargs",
      "hls",
      "4",
    ],
    [
      "vivado",
      "-mode",
      "batch",
      "-nojournal",
      "-nolog",
      "-notrace",
      "-source",
      "../variant/deploy/vitis/package_xo.tcl",
    ],
    [
      "v++",
      "-l",
      "-t",
      "hw",
      "--platform",
      "/my platform.xpfm",
      "--config",
      "../variant/deploy/vitis/connectivity.cfg",
      "-o",
      "k-quants.xclbin",
      "bfq_kernel.xo",
    ],
  ]);
});

describe("releases, as the tools print them", () => {
  it.each([
    ["Vivado v2021.1 (64-bit)\nSW Build 3247384", "2021.1"],
    ["vivado v2024.1.2 (64-bit)", "2024.1"],
    ["\n****** v++ v2025.1 (64-bit)\n  **** SW Build 6137779", "2025.1"],
    ["Vitis HLS - High-Level Synthesis from C, C++ and OpenCL v2022.2 (64-bit)", "2022.2"],
    ["command not found", undefined],
  ])("%s", (text, want) => {
    expect(parseRelease(text)).toBe(want);
  });

  const all = (): boolean => true;
  it.each<[Partial<Record<VendorName, string>>, string | undefined]>([
    [{ "v++": "2025.1" }, "unified"],
    [{ "v++": "2023.2", vitis_hls: "2023.2" }, "unified"],
    [{ "v++": "2023.1", vitis_hls: "2023.1" }, "tcl"],
    [{ vitis_hls: "2020.2" }, "tcl"],
    [{ vitis_hls: "2020.1" }, undefined],
    [{ "v++": "2022.1" }, undefined],
    [{}, undefined],
  ])("%j: %s", (releases, want) => {
    expect(chooseHlsFlow(releases, all)?.flow).toBe(want);
  });

  it("v++ without vitis-run is not enough", () => {
    expect(chooseHlsFlow({ "v++": "2024.2" }, (name) => name !== "vitis-run")).toBeUndefined();
  });
});
