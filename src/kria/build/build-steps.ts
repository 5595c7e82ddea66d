import { basename } from "node:path";
import type { Plan } from "../../plan/plan.ts";
import { planDeployment } from "../deployment.ts";
import { rtlSources, workFiles } from "../emitter.ts";
import { reportFiles } from "./read-reports.ts";
import type { Implementation } from "./strategies.ts";
import { type HlsFlow, vendorTools } from "./tools.ts";

/** One call of a tool, as data: it runs in the folder `work` beside `variant`, and paths are relative to it. */
export interface BuildStep {
  name: string;
  tool: string;
  args: string[];
  /** Must be there before. */
  inputs: string[];
  /** Must be there after. */
  outputs: string[];
  /** How to get the tool. */
  get: string;
}

export const sourceDateEpoch = "315532800"; // 1980: what is packed is as old everywhere

const fromApt = (name: string) => `apt install ${name}`;
const scripts = "../variant/deploy";

function vivado(name: string, script: string, args: string[], inputs: string[], outputs: string[]): BuildStep {
  const source = `${scripts}/${script}`;
  return {
    name,
    tool: "vivado",
    args: ["-mode", "batch", "-nojournal", "-nolog", "-notrace", "-source", source, ...args],
    inputs: [source, ...inputs],
    outputs,
    get: vendorTools.vivado.get,
  };
}

function bitstream(kind: "rtl" | "hls", app: string, ip: string, { strategy, jobs }: Implementation): BuildStep {
  return vivado(
    "bitstream",
    "vivado/bitstream.tcl",
    ["-tclargs", kind, String(jobs), ...(strategy ? [strategy] : [])],
    [`${scripts}/vivado/config_${kind}.tcl`, ip],
    [`${app}.bit`, `${app}.xsa`, ...reportFiles, "utilization_hierarchical.rpt"],
  );
}

/** SystemVerilog to a bitstream. */
export function vivadoSteps(plan: Plan, implementation: Implementation): BuildStep[] {
  const { app } = planDeployment(plan)!;
  const component = `${workFiles.rtlIp}/component.xml`;
  const sources = rtlSources(plan).map((name) => `${workFiles.rtl}/${name}`);
  const config = `${scripts}/vivado/config_rtl.tcl`;
  return [
    vivado("package-ip", "vivado/package_ip.tcl", [], [config, ...sources], [component]),
    bitstream("rtl", app, component, implementation),
  ];
}

export interface VitisOptions extends Implementation {
  flow: HlsFlow;
  cosim: boolean;
  /** A Vitis platform (.xpfm) to link an .xclbin for XRT to. */
  platform?: string | undefined;
}

/** HLS C++ to a bitstream in the same block design; with a platform to an .xclbin too. */
export function vitisSteps(plan: Plan, { flow, cosim, platform, ...implementation }: VitisOptions): BuildStep[] {
  const { app } = planDeployment(plan)!;
  const hls = flow === "unified" ? unifiedHls() : tclHls();
  return [
    hls.csim,
    hls.synthesis,
    ...(cosim ? [hls.cosim] : []),
    bitstream("hls", app, workFiles.hlsIp, implementation),
    ...(platform === undefined ? [] : linkSteps(app, platform)),
  ];
}

const hlsInputs = ["../variant/hls/bfq_kernel.cpp", `${scripts}/vitis/test_bench.cpp`, workFiles.vectors];

/** The config file is copied into the working folder: from there its paths hold, whichever folder the tool takes them from. */
function unifiedHls() {
  const common = ["--config", "hls_ip.cfg", "--work_dir", workFiles.hlsIp];
  const run = (what: "csim" | "cosim"): BuildStep => ({
    name: what,
    tool: "vitis-run",
    args: ["--mode", "hls", `--${what}`, ...common],
    inputs: ["hls_ip.cfg", ...hlsInputs],
    outputs: [],
    get: vendorTools["vitis-run"].get,
  });
  const synthesis: BuildStep = {
    name: "synthesis",
    tool: "v++",
    args: ["-c", "--mode", "hls", ...common],
    inputs: ["hls_ip.cfg", ...hlsInputs],
    outputs: [workFiles.hlsIp],
    get: vendorTools["v++"].get,
  };
  return { csim: run("csim"), synthesis, cosim: run("cosim") };
}

function tclHls() {
  const run = (name: "csim" | "synthesis" | "cosim"): BuildStep => ({
    name,
    tool: "vitis_hls",
    args: ["-f", `${scripts}/vitis/${name}.tcl`],
    inputs: [`${scripts}/vitis/${name}.tcl`, `${scripts}/vitis/project.tcl`, ...hlsInputs],
    outputs: name === "synthesis" ? [workFiles.hlsIp, `${workFiles.hlsIp}/solution/impl/ip/component.xml`] : [],
    get: vendorTools.vitis_hls.get,
  });
  return { csim: run("csim"), synthesis: run("synthesis"), cosim: run("cosim") };
}

/** The same IP, packed as a kernel and linked to an .xclbin: registers where the driver looks for them. */
function linkSteps(app: string, platform: string): BuildStep[] {
  const connectivity = `${scripts}/vitis/connectivity.cfg`;
  return [
    vivado(
      "package-xo",
      "vitis/package_xo.tcl",
      [],
      [`${scripts}/vivado/config_hls.tcl`, workFiles.hlsIp],
      [workFiles.xo],
    ),
    {
      name: "link",
      tool: "v++",
      args: [
        ...["-l", "-t", "hw", "--platform", platform, "--config", connectivity],
        ...["-o", `${app}.xclbin`, workFiles.xo],
      ],
      inputs: [workFiles.xo, connectivity],
      outputs: [`${app}.xclbin`],
      get: vendorTools["v++"].get,
    },
  ];
}

/** llama.cpp's source and its libraries for aarch64: what the plug-in is built against. */
export interface Llama {
  source: string;
  libraries: string[];
}

const cross = [
  "-DCMAKE_SYSTEM_NAME=Linux",
  "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
  "-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++",
  "-DCMAKE_SKIP_RPATH=ON", // the folder of llama.cpp's libraries here is not that on the board
];

function cmake(folder: string, source: string, defines: string[], targets: string[], outputs: string[]): BuildStep[] {
  const step = (name: string, args: string[], inputs: string[], made: string[]): BuildStep => {
    const get = fromApt("cmake make g++-aarch64-linux-gnu");
    return { name, tool: "cmake", args, inputs, outputs: made, get };
  };
  return [
    step(
      `${folder}-configure`,
      ["-S", source, "-B", folder, ...cross, ...defines],
      [source],
      [`${folder}/CMakeCache.txt`],
    ),
    step(`${folder}-build`, ["--build", folder, "-j2", "--target", ...targets], [`${folder}/CMakeCache.txt`], outputs),
  ];
}

/** The overlay onto a tree, as Linux applies it on the board: a label that is not there ends the build. */
function overlayOnto(tree: string, app: string): BuildStep {
  const merged = `${app}-on-${basename(tree)}`;
  return {
    name: `overlay-on-${basename(tree, ".dtb")}`,
    tool: "fdtoverlay",
    args: ["-i", tree, "-o", merged, `${app}.dtbo`],
    inputs: [`${app}.dtbo`],
    outputs: [merged],
    get: fromApt("device-tree-compiler"),
  };
}

/** What Linux loads, tried on the board's device trees as far as they are there, and the driver for the board. */
export function kriaSteps(plan: Plan, trees: readonly string[], llama?: Llama): BuildStep[] {
  const { app } = planDeployment(plan)!;
  const overlay = `${scripts}/kria/${app}.dts`;
  const bif = `${scripts}/kria/${app}.bif`;
  return [
    {
      name: "overlay",
      tool: "dtc",
      args: ["-@", "-I", "dts", "-O", "dtb", "-o", `${app}.dtbo`, overlay],
      inputs: [overlay],
      outputs: [`${app}.dtbo`],
      get: fromApt("device-tree-compiler"),
    },
    ...trees.map((tree) => overlayOnto(tree, app)),
    {
      name: "bit-bin",
      tool: "bootgen",
      args: ["-arch", "zynqmp", "-process_bitstream", "bin", "-image", bif, "-w"],
      inputs: [bif, `${app}.bit`],
      outputs: [`${app}.bit.bin`],
      get: fromApt("xilinx-bootgen"),
    },
    ...cmake(
      "driver",
      "../variant/driver",
      [],
      ["bfq_static", "bfq_shared", "bfq-selftest"],
      ["driver/libbfq.a", "driver/libbfq.so", "driver/bfq-selftest"],
    ),
    ...(llama === undefined
      ? []
      : cmake(
          "plug-in",
          "../variant/ggml",
          [`-DLLAMA_CPP_DIR=${llama.source}`, `-DGGML_LIBRARIES=${llama.libraries.join(";")}`],
          ["ggml-bfq"],
          ["plug-in/libggml-bfq.so"],
        )),
  ];
}

/** Where the Debian package is laid out. */
export const debianFolder = "debian";

/** The package's folder to an archive and a Debian package, the same bytes each time; names are those beside `work`. */
export function archiveSteps(app: string, { folder, tar, deb }: Record<"folder" | "tar" | "deb", string>): BuildStep[] {
  return [
    {
      name: "tar",
      tool: "tar",
      args: [
        ...["--create", "--format=ustar", "--sort=name", `--mtime=@${sourceDateEpoch}`, "--owner=0", "--group=0"],
        ...["--numeric-owner", "--mode=u=rwX,go=rX", `--file=../${tar}`, `--directory=../${folder}`, "."],
      ],
      inputs: [`../${folder}/manifest.json`, `../${folder}/${app}.bit.bin`],
      outputs: [`../${tar}`],
      get: fromApt("tar"),
    },
    {
      name: "deb",
      tool: "dpkg-deb",
      args: ["--root-owner-group", "-Zgzip", "--build", debianFolder, `../${deb}`],
      inputs: [`${debianFolder}/DEBIAN/control`],
      outputs: [`../${deb}`],
      get: fromApt("dpkg"),
    },
  ];
}
