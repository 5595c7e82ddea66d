import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { sha256 } from "../../src/emit/variant.ts";
import { timingReport } from "../../src/kria/build/testing/reports.ts";
import { type ToolFolder, toolFolder } from "../../src/kria/build/testing/tools-on-path.ts";
import { openPackage } from "../../src/kria/package/open.ts";
import { packageRoot } from "../../src/paths.ts";

/**
 * The verb `build` with made-up AMD tools on the PATH: they refuse arguments that the real ones have not and run our Tcl
 * against stubs. bootgen, dtc, dpkg-deb and tar are real everywhere, CMake and the compiler in the first group.
 */
const spec = "specs/accelerators/f-bfq.yaml";
const base = await mkdtemp(join(tmpdir(), "bfq-build-"));
afterAll(() => rm(base, { recursive: true }));

const vitis = ["vivado", "v++", "vitis-run", "cmake"];

const build = (tools: ToolFolder, out: string, args: string[], env: Record<string, string> = {}, from = spec) =>
  bfq(["build", from, "-o", join(base, out), ...args], { ...tools.env, ...env });

describe("vivado; folder, spec file and description are hostile", () => {
  const out = "a b [exec id] $x {";
  let tools: ToolFolder;
  let first: Awaited<ReturnType<typeof build>>;

  beforeAll(async () => {
    tools = await toolFolder(join(base, "vivado-tools"), ["vivado"]);
    const hostile = join(base, "[exec touch owned]\n$x; exec touch owned\\.yaml");
    const description = 'description: "\\"; exec touch owned; [exec touch owned] } {\\n exec touch owned \\\\"';
    const text = await readFile(join(packageRoot, spec), "utf8");
    await writeFile(hostile, text.replace(/^description: .*$/m, description));
    first = await build(tools, out, ["--tool", "vivado", "--json"], {}, hostile);
  });

  it("ends well and reports timing, resources and every step with its log", async () => {
    expect(first.stderr).not.toContain("error");
    expect(first.exitCode).toBe(0);
    const built = JSON.parse(first.stdout);
    expect(built).toMatchObject({
      ok: true,
      app: "f-bfq",
      releases: { vivado: "2023.2" },
      timing: { met: true, setup: { worst: 0.041 } },
      utilisation: { lut: { used: 71240 }, dsp: { used: 684 } },
      power: { total: 4.317 },
      methodology: [{ rule: "TIMING-18", violations: 3 }],
      crossings: [],
    });
    const everything = await readdir(base, { recursive: true });
    expect(everything.filter((path) => path.endsWith("owned"))).toEqual([]);
    const names = ["package-ip", "bitstream", "overlay", "bit-bin", "driver-configure", "driver-build", "tar", "deb"];
    expect(built.runs.map(({ name }: { name: string }) => name)).toEqual(names);
    expect((await readdir(join(base, out, "logs"))).length).toBe(names.length);
    expect(await readFile(built.runs[1].log, "utf8")).toContain("call launch_runs impl_1 -to_step write_bitstream");
  });

  it("the tar is what bfq deploy takes: the manifest's files with their hashes, and nothing else; binaries are for aarch64", async () => {
    const opened = join(base, "opened");
    await mkdir(opened);
    await execa("tar", ["-xf", join(base, out, "f-bfq-kria.tar"), "-C", opened]);
    const { manifest } = await openPackage(opened);
    expect(manifest).toMatchObject({ app: "f-bfq", board: "kv260", clockMHz: 250, uio: "bfq", dma: "udmabuf0" });
    expect(manifest.afifm).toMatchObject({ "0xfd380000": 128, "0xfd3b0014": 128, "0xfd360000": 128 });
    const entries = await readdir(opened, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(opened.length + 1));
    expect(files.filter((path) => path !== "manifest.json").sort()).toEqual(Object.keys(manifest.files).sort());
    expect(files).toEqual(
      expect.arrayContaining(["shell.json", "lib/libbfq.so", "lib/libbfq.a", "vectors/q2_K-0.bfqv", "scripts/load.sh"]),
    );
    for (const [path, hash] of Object.entries(manifest.files)) {
      expect(sha256(await readFile(join(opened, path))), path).toBe(hash);
    }
    for (const file of ["bin/bfq-selftest", "lib/libbfq.so"]) {
      const elf = await readFile(join(base, out, "f-bfq-kria", file));
      expect([elf.toString("latin1", 1, 4), elf.readUInt16LE(18)], file).toEqual(["ELF", 183]);
    }
  });

  it("bootgen's file holds the bitstream's words, each in the order of the configuration port", async () => {
    const words = await readFile(join(base, out, "f-bfq-kria/f-bfq.bit.bin"));
    expect(words.length).toBe(256);
    expect(words.indexOf(Buffer.from([0x66, 0x55, 0x99, 0xaa]))).toBe(80);
  });

  it("the Debian package has the firmware where Linux looks, and everything under /opt/bfq", async () => {
    const deb = join(base, out, "f-bfq_0.1.0_arm64.deb");
    const { stdout: list } = await execa("dpkg", ["-c", deb]);
    const paths = list.split("\n").map((line) => line.split(" ").at(-1));
    for (const name of ["f-bfq.bit.bin", "f-bfq.dtbo", "shell.json"]) {
      expect(paths).toContain(`./lib/firmware/xilinx/f-bfq/${name}`);
      expect(paths).toContain(`./opt/bfq/f-bfq/${name}`);
    }
    expect(list).toMatch(/^-rwxr-xr-x root\/root .* \.\/opt\/bfq\/f-bfq\/bin\/bfq-selftest$/m);
    const { stdout: fields } = await execa("dpkg-deb", ["-f", deb, "Package", "Architecture"]);
    expect(fields).toBe("Package: f-bfq\nArchitecture: arm64");
  });

  it("from its own bitstream the same bytes again, in another folder", async () => {
    const bitstream = join(base, out, "work/f-bfq.bit");
    const again = await build(tools, "again", ["--bitstream", bitstream, "--json"]);
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout).package).toEqual(JSON.parse(first.stdout).package);
  });
});

describe("--prepare: Vivado is on another machine", () => {
  const out = join(base, "prepared");
  const elsewhere = join(base, "else where");
  let packer: ToolFolder;
  let prepared: { results: string[] };

  beforeAll(async () => {
    packer = await toolFolder(join(base, "no-vivado"), ["cmake"]);
    const options = ["--tool", "vivado", "--prepare", "--strategy", "Performance_Explore", "--jobs", "2", "--json"];
    const run = await build(packer, "prepared", options);
    expect(run.stderr).toBe("");
    prepared = JSON.parse(run.stdout);
    await cp(out, elsewhere, { recursive: true });
    const there = await toolFolder(join(base, "vivado-there"), ["vivado"]);
    const { stdout } = await execa("sh", [join(elsewhere, "build.sh")], {
      env: { ...there.env, PATH: `${there.folder}:/usr/bin:/bin` },
    });
    expect(stdout).toContain("call set_property strategy Performance_Explore impl_1");
    expect(stdout).toContain("call launch_runs impl_1 -to_step write_bitstream -jobs 2");
    for (const path of prepared.results) await copyFile(join(elsewhere, path), join(out, path));
  });

  const pack = (name: string, from = spec, bitstream = join(out, "work/f-bfq.bit")) =>
    build(packer, name, ["--bitstream", bitstream, "--json"], {}, from);

  it("what the README names is there, and what it asks for makes the package, with every figure of the reports", async () => {
    const text = await readFile(join(out, "README.md"), "utf8");
    for (const path of [...prepared.results, "sh build.sh", "bfq build SPEC --bitstream work/f-bfq.bit"])
      expect(text).toContain(path);
    expect(text).toContain(`    ${(await readFile(join(out, "build.sh"), "utf8")).trimEnd().split("\n").at(-1)}`);
    const run = await pack("packed");
    expect(JSON.parse(run.stdout)).toMatchObject({
      ok: true,
      timing: { met: true },
      utilisation: { lut: { used: 71240 } },
      power: { total: 4.317, confidence: "Medium" },
      methodology: [{ rule: "TIMING-18", violations: 3 }],
      crossings: [],
      package: { tar: "f-bfq-kria.tar" },
    });
  });

  it("a result of another accelerator, of another clock, or too slow makes none", async () => {
    const other = await pack("other", "specs/accelerators/k-quants.yaml");
    expect(other.exitCode).toBe(2);
    expect(JSON.parse(other.stdout).problems[0].what).toBe("it was built from another accelerator");
    const fast = join(base, "fast.yaml");
    await writeFile(fast, `${await readFile(join(packageRoot, spec), "utf8")}\nclock: 200\n`);
    const clock = await pack("clock", fast);
    expect(clock.exitCode).toBe(2);
    expect(JSON.parse(clock.stdout).problems[0].what).toBe("its timing report is for 250 MHz, the accelerator has 200");
    await cp(out, join(base, "slow"), { recursive: true });
    await writeFile(join(base, "slow/work/timing.rpt"), timingReport(false));
    const slow = await pack("slow-out", spec, join(base, "slow/work/f-bfq.bit"));
    expect(slow.exitCode).toBe(4);
    expect(JSON.parse(slow.stdout).problems[0].what).toContain("timing not met");
    expect(await readdir(base)).not.toContain("slow-out");
  });

  it("made again, a result that came before does not pass for the new one's", async () => {
    const run = await build(packer, "prepared", ["--tool", "vivado", "--prepare"]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain("work held files that bfq did not write: they are in work.1");
    expect(run.stdout).toContain(`${out}: copy it to the machine with Vivado`);
    expect(await readdir(join(out, "work"))).toEqual(["rtl"]);
  });
});

// hw-tests/linux has Debian's own trees.
describe("the overlay on the K26's own device trees", () => {
  const tree = (labels: string[]) =>
    `/dts-v1/; / { ${labels.map((label) => `${label}: n-${label.replaceAll("_", "-")} { };`).join(" ")} };`;
  const labels = ["fpga_full", "amba", "gic", "zynqmp_clk", "zynqmp_reset"];
  let tools: ToolFolder;
  beforeAll(async () => {
    tools = await toolFolder(join(base, "trees-tools"), ["cmake"]);
  });

  async function buildOn(out: string, trees: Record<string, string> | undefined) {
    const args = ["--bitstream", tools.env.FAKE_BITSTREAM];
    if (trees === undefined) return build(tools, out, args);
    const folder = join(base, `${out} $(trees)`);
    await mkdir(folder);
    for (const [name, text] of Object.entries(trees)) {
      const options = name.includes("no-symbols") ? [] : ["-@"];
      await execa("dtc", ["-q", ...options, "-I", "dts", "-O", "dtb", "-o", join(folder, name)], { input: text });
    }
    return build(tools, out, [...args, "--device-trees", folder]);
  }

  it("is tried on each that takes overlays", async () => {
    const trees = { "k26-a.dtb": tree(labels), "k26-no-symbols.dtb": tree(labels), "zcu104.dtb": tree([]) };
    const { exitCode, stderr } = await buildOn("on-trees", trees);
    expect(exitCode, stderr).toBe(0);
    expect(stderr.match(/^overlay-on.*$/gm)).toEqual([expect.stringMatching(/^overlay-on-k26-a: fdtoverlay, log /)]);
    const { stdout } = await execa("dtc", [
      ...["-q", "-I", "dtb", "-O", "dts"],
      join(base, "on-trees/work/f-bfq-on-k26-a.dtb"),
    ]);
    expect(stdout).toContain("bfq@a0000000");
  });

  it("a tree without a label that it names ends the build", async () => {
    const { exitCode, stderr } = await buildOn("off-trees", { "k26.dtb": tree(labels.slice(0, -1)) });
    expect(stderr).toContain("error[tool-failed]: step overlay-on-k26: fdtoverlay ended with 1");
    expect(stderr).toContain("FDT_ERR_NOTFOUND");
    expect(exitCode).toBe(4);
  });

  it("a folder without such a tree is refused before anything is written", async () => {
    const { exitCode, stderr } = await buildOn("no-trees", { "zcu104.dtb": tree(labels) });
    expect(stderr).toMatch(/error\[no-device-trees\]: no device tree of a K26 with symbols\n {2}why: .*\n {2}fix: /);
    expect(exitCode).toBe(2);
    expect(await readdir(base)).not.toContain("no-trees");
  });

  it("where none is installed it says that it was not tried", async () => {
    const { exitCode, stderr } = await buildOn("untried", undefined);
    expect(exitCode).toBe(0);
    if (!(await readdir("/usr/lib")).some((name) => name.startsWith("linux-image-")))
      expect(stderr).toContain("no device tree of a K26 is installed here: the overlay is not tried on one");
  });
});

describe("vitis", () => {
  it("2023.2 and later: v++ and vitis-run, with an .xclbin where a platform is named", async () => {
    const tools = await toolFolder(join(base, "unified"), vitis);
    const platform = join(base, "a platform.xpfm");
    await writeFile(platform, "");
    const run = await build(tools, "unified-out", ["--tool", "vitis", "--platform", platform, "--cosim", "--json"]);
    expect(run.stderr).not.toContain("error");
    expect(run.exitCode).toBe(0);
    const names = JSON.parse(run.stdout).runs.map(({ name }: { name: string }) => name);
    expect(names.slice(0, 6)).toEqual(["csim", "synthesis", "cosim", "bitstream", "package-xo", "link"]);
    expect(await readFile(join(base, "unified-out/f-bfq-kria/f-bfq.xclbin"), "utf8")).toBe("linked");
  });

  it("before: vitis_hls with Tcl", async () => {
    const tools = await toolFolder(join(base, "tcl"), ["vivado", "vitis_hls", "cmake"]);
    const run = await build(tools, "tcl-out", ["--tool", "vitis", "--json"], { FAKE_RELEASE: "2022.2" });
    expect(run.stderr).not.toContain("error");
    const built = JSON.parse(run.stdout);
    expect(built.releases).toEqual({ vivado: "2022.2", vitis_hls: "2022.2" });
    expect(built.steps.slice(0, 3).map(({ tool }: { tool: string }) => tool)).toEqual([
      "vitis_hls",
      "vitis_hls",
      "vivado",
    ]);
  });
});

describe("a tool that fails: exit 4 and the lines that matter", () => {
  let tools: ToolFolder;
  beforeAll(async () => {
    tools = await toolFolder(join(base, "failing"), vitis);
  });

  it("vivado", async () => {
    const run = await build(tools, "fails", ["--tool", "vivado"], { FAKE_VIVADO: "fails" });
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain("error[tool-failed]: step bitstream: vivado ended with 1");
    expect(run.stderr).toContain("why: ERROR: [Place 30-640] too many LUTs\nCRITICAL WARNING: [BD 41-1] one\n");
    expect(run.stderr).toContain(`the whole log: ${join(base, "fails/logs/02-bitstream.log")}`);
    expect(run.stderr).not.toContain("INFO");
  });

  it("timing not met: no package", async () => {
    const report = join(base, "late.rpt");
    await writeFile(report, timingReport(false));
    const run = await build(tools, "late", ["--tool", "vivado"], { FAKE_TIMING: report });
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain("error[timing]: timing not met: worst slack -0.213 ns setup");
    expect((await readdir(join(base, "late"))).sort()).toEqual(["build.json", "logs", "variant", "work"]);
  });

  it("a tool that ends well and writes nothing", async () => {
    const run = await build(tools, "nothing", ["--tool", "vivado"], { FAKE_VIVADO: "writes-nothing" });
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain(
      "error[missing-output]: step bitstream: vivado ended well but did not write f-bfq.xsa",
    );
  });

  it("C simulation whose bits differ", async () => {
    const run = await build(tools, "csim", ["--tool", "vitis"], { FAKE_CSIM: "fails" });
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain("ERROR: [SIM 211-100]");
  });

  it("a file that is no bitstream", async () => {
    const file = join(base, "no.bit");
    await writeFile(file, "text");
    const run = await build(tools, "no-bit", ["--bitstream", file]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('no.bit: error[bitstream]: a file that starts with "text", not a .bit');
  });
});

describe("a missing or unfit tool: exit 3, its name and how to get it, before anything is written", () => {
  const table: [string, string[], string[], string[], Record<string, string>, string[]][] = [
    ["vivado", [], [], ["--tool", "vivado"], {}, ["vivado is not installed", "install AMD Vivado"]],
    [
      "all of Vitis",
      ["vivado"],
      [],
      ["--tool", "vitis"],
      {},
      ["neither v++ and vitis-run of 2023.2", "install AMD Vitis"],
    ],
    ["vitis-run beside v++", ["vivado", "v++"], [], ["--tool", "vitis"], {}, ["found v++ (2023.2)"]],
    [
      "a v++ that is too old",
      ["vivado", "v++", "vitis-run"],
      [],
      ["--tool", "vitis"],
      { FAKE_RELEASE: "2023.1" },
      ["found v++ (2023.1), vitis-run (2023.1)"],
    ],
    [
      "Vitis and Vivado of two releases",
      ["vivado", "v++", "vitis-run"],
      [],
      ["--tool", "vitis"],
      { FAKE_RELEASE_vivado: "2024.1" },
      ["v++ is of 2023.2, vivado of 2024.1"],
    ],
    [
      "a Vivado that knows no K26",
      ["vivado"],
      [],
      ["--tool", "vivado"],
      { FAKE_RELEASE: "2020.2" },
      ["releases before 2021.1 do not know the K26"],
    ],
    [
      "a Vivado that says no release",
      ["vivado"],
      [],
      ["--tool", "vivado"],
      { FAKE_SILENT: "vivado" },
      ["vivado does not say which release it is"],
    ],
    [
      "bootgen and dtc",
      ["vivado"],
      ["bootgen", "dtc"],
      ["--tool", "vivado"],
      {},
      ["bootgen is not installed", "apt install xilinx-bootgen", "apt install device-tree-compiler"],
    ],
    [
      "the cross compiler",
      ["vivado"],
      ["aarch64-linux-gnu-g++"],
      ["--tool", "vivado"],
      {},
      ["apt install g++-aarch64-linux-gnu"],
    ],
  ];
  it.each(table)("%s", async (name, fake, without, args, env, wants) => {
    const tools = await toolFolder(join(base, `missing-${name}`), fake, without);
    const run = await build(tools, `missing-out-${name}`, args, env);
    for (const want of wants) expect(run.stderr).toContain(want);
    expect(run.exitCode).toBe(3);
    expect(await readdir(base)).not.toContain(`missing-out-${name}`);
  });
});

describe("wrong use: exit 2", () => {
  it.each([
    ["no tool", [], "what is to make the bitstream?"],
    ["a platform for Vivado", ["--tool", "vivado", "--platform", "x"], "--platform and --cosim go with --tool vitis"],
    ["a bitstream that is not there", ["--bitstream", "none.bit"], "none.bit: error[no-such-file]"],
    ["an unknown tool", ["--tool", "quartus"], "Invalid values"],
    ["--prepare for Vitis", ["--tool", "vitis", "--prepare"], "--prepare goes with --tool vivado"],
    ["a strategy for a .bit", ["--bitstream", "x.bit", "--strategy", "Flow_Quick"], "--strategy goes with --tool"],
    [
      "an unknown strategy",
      ["--tool", "vivado", "--strategy", "x; exec id"],
      'Argument: strategy, Given: "x; exec id"',
    ],
    ["no jobs", ["--tool", "vivado", "--jobs", "0"], "--jobs is 0; it must be an integer from 1 to 64"],
    ["half of llama.cpp", ["--tool", "vivado", "--llama-source", "x"], "llama-source -> ggml-libraries"],
  ])("%s", async (_, args, want) => {
    const run = await bfq(["build", spec, "-o", join(base, "wrong"), ...args]);
    expect(run.stderr).toContain(want);
    expect(run.exitCode).toBe(2);
  });

  it("a folder of someone else", async () => {
    const tools = await toolFolder(join(base, "foreign-tools"), ["vivado"]);
    await mkdir(join(base, "foreign"));
    await writeFile(join(base, "foreign/thesis.tex"), "");
    const run = await build(tools, "foreign", ["--tool", "vivado"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("error[foreign-folder]");
    expect(await readdir(join(base, "foreign"))).toEqual(["thesis.tex"]);
  });
});
