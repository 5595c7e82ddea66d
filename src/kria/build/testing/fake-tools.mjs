// Stands for AMD's tools in tests: refuses arguments that they have not, runs their Tcl against the stubs, writes what a
// build needs. Called as <tool> through links; what it reads of the environment begins with FAKE_.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const tool = basename(process.argv[1]);
const args = process.argv.slice(2);
const env = process.env;
const release = env[`FAKE_RELEASE_${tool.replace(/\W/g, "_")}`] ?? env.FAKE_RELEASE ?? "2023.2";

const fail = (...lines) => {
  console.log(lines.join("\n"));
  process.exit(1);
};

/** Options with the number of their values; everything else is positional. */
function read(known) {
  const options = new Map();
  const rest = [];
  for (let i = 0; i < args.length; i++) {
    if (!args[i].startsWith("-")) rest.push(args[i]);
    else if (!(args[i] in known)) fail(`ERROR: [Common 17-170] Unknown option '${args[i]}'`);
    else if (args[i] === "-tclargs") {
      options.set(args[i], args.slice(i + 1));
      break;
    } else {
      options.set(args[i], args.slice(i + 1, i + 1 + known[args[i]]));
      i += known[args[i]];
    }
  }
  return { options, rest };
}

function tcl(script, scriptArgs = []) {
  const { status, stdout, stderr } = spawnSync(
    "tclsh",
    [join(here, "../../testing/vendor.tcl"), script, ...scriptArgs],
    {
      encoding: "utf8",
    },
  );
  console.log(stdout);
  if (status !== 0) fail(`ERROR: [Tcl 1] ${stderr.split("\n")[0]}`);
}

const put = (path, data) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data);
};

function vivado() {
  const { options } = read({ "-mode": 1, "-nojournal": 0, "-nolog": 0, "-notrace": 0, "-source": 1, "-tclargs": 0 });
  const [script] = options.get("-source");
  if (script.endsWith("package_ip.tcl")) {
    tcl(script);
    put("rtl_ip/component.xml", "<component/>");
    return;
  }
  if (script.endsWith("package_xo.tcl")) {
    tcl(script);
    put("bfq_kernel.xo", "xo");
    return;
  }
  if (env.FAKE_VIVADO === "fails") {
    fail(
      "INFO: [a] b",
      "CRITICAL WARNING: [BD 41-1] one",
      "ERROR: [Place 30-640] too many LUTs",
      "INFO: [Common 17-206] Exiting Vivado",
    );
  }
  put("project/impl_1/design_wrapper.bit", readFileSync(env.FAKE_BITSTREAM));
  tcl(script, options.get("-tclargs"));
  if (env.FAKE_VIVADO === "writes-nothing") return;
  const app = /^set app (\S+)$/m.exec(readFileSync(join(dirname(script), "config_rtl.tcl"), "utf8"))[1];
  put(`${app}.xsa`, "xsa");
  put("timing.rpt", readFileSync(env.FAKE_TIMING));
  put("utilization.rpt", readFileSync(env.FAKE_UTILISATION));
  put("utilization_hierarchical.rpt", "");
  put("power.rpt", readFileSync(env.FAKE_POWER));
  put("methodology.rpt", readFileSync(env.FAKE_METHODOLOGY));
  put("cdc.rpt", readFileSync(env.FAKE_CROSSINGS));
}

/** A config file whose sources are all there. */
function config(path) {
  const text = readFileSync(path, "utf8");
  const values = (key) => [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value);
  for (const file of [...values("syn.file"), ...values("tb.file")]) {
    if (!existsSync(file)) fail(`ERROR: [HLS 200-2174] can't find ${file}`);
  }
}

function vpp() {
  const { options, rest } = read({
    "-c": 0,
    "-l": 0,
    "--mode": 1,
    "--config": 1,
    "--work_dir": 1,
    "-t": 1,
    "--platform": 1,
    "-o": 1,
  });
  if (options.has("--platform") && !existsSync(options.get("--platform")[0])) fail("ERROR: [v++ 60-1258] no platform");
  if (options.has("--mode")) {
    config(options.get("--config")[0]);
    put(join(options.get("--work_dir")[0], "component.xml"), "<component/>");
    return;
  }
  for (const file of rest) if (!existsSync(file)) fail(`ERROR: [v++ 60-602] no file ${file}`);
  put(options.get("-o")[0], "linked");
}

function vitisRun() {
  const { options } = read({ "--mode": 1, "--csim": 0, "--cosim": 0, "--config": 1, "--work_dir": 1 });
  config(options.get("--config")[0]);
  if (env.FAKE_CSIM === "fails")
    fail(
      "MatMul 0: row 1, column 0 differs from the golden model",
      "ERROR: [SIM 211-100] 'csim_design' failed: nonzero return value.",
    );
}

function vitisHls() {
  const { options } = read({ "-f": 1 });
  const [script] = options.get("-f");
  tcl(script);
  if (script.endsWith("synthesis.tcl")) put("hls_ip/solution/impl/ip/component.xml", "<component/>");
}

/** CMake takes half a minute of two cores: the build's other parts are tested with what it would have written. */
function cmake() {
  if (!args.includes("--build")) return put(join(args[args.indexOf("-B") + 1], "CMakeCache.txt"), "");
  const folder = args[args.indexOf("--build") + 1];
  for (const name of ["libbfq.a", "libbfq.so", "bfq-selftest", "libggml-bfq.so"]) put(join(folder, name), name);
}

if (/^--?version$/.test(args[0] ?? "")) {
  if (env.FAKE_SILENT === tool) process.exit(0);
  const name =
    { vivado: "Vivado", "v++": "****** v++", vitis_hls: "Vitis HLS - High-Level Synthesis from C, C++ and OpenCL" }[
      tool
    ] ?? tool;
  console.log(`${name} v${release} (64-bit)\nTool Version Limit: 2023.10`);
} else {
  ({ vivado, "v++": vpp, "vitis-run": vitisRun, vitis_hls: vitisHls, cmake })[tool]();
}
