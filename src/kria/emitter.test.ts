import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { rtlEmitter, sourcesInOrder } from "../emit/rtl.ts";
import { generateVariant } from "../emit/variant.ts";
import { packageRoot, specsFolder } from "../paths.ts";
import { registers } from "../plan/interface.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { readBoard } from "../spec/board.ts";
import { strategies } from "./build/strategies.ts";
import { planDeployment, refuseDeployment } from "./deployment.ts";
import { deployEmitter } from "./emitter.ts";

const folder = await mkdtemp(join(tmpdir(), "bfq-deploy-"));
afterAll(() => rm(folder, { recursive: true }));

const boards = ["kv260", "kr260"];
const specs = (await readdir(join(specsFolder, "accelerators"))).map((file) => file.replace(".yaml", ""));

async function plan(spec: string, board = "kv260", changes: object = {}): Promise<Plan> {
  const accelerator = await readAccelerator(join(specsFolder, "accelerators", `${spec}.yaml`));
  return planAccelerator({
    ...accelerator,
    board: await readBoard(join(specsFolder, "boards", `${board}.yaml`)),
    ...changes,
  });
}

/** A variant as `bfq build` lays it out, and the folder that tools run in. */
async function lay(name: string, made: Plan, spec = "mine.yaml"): Promise<string> {
  const base = join(folder, name);
  for (const { path, text } of generateVariant(made, { spec, specHash: "0" })) {
    await mkdir(dirname(join(base, "variant", path)), { recursive: true });
    await writeFile(join(base, "variant", path), text);
  }
  await mkdir(join(base, "work/project/impl_1"), { recursive: true });
  await writeFile(join(base, "work/project/impl_1/design_wrapper.bit"), "bits");
  return join(base, "work");
}

interface Tcl {
  exitCode: number | undefined;
  stderr: string;
  /** Every vendor command, its words split by tclsh's rules. */
  calls: string[];
}

async function tcl(work: string, script: string, args: string[] = [], env: Record<string, string> = {}): Promise<Tcl> {
  const vendor = join(packageRoot, "src/kria/testing/vendor.tcl");
  const { exitCode, stderr, stdout } = await execa("tclsh", [vendor, script, ...args], {
    cwd: work,
    env,
    reject: false,
  });
  const calls = stdout.split("\n").flatMap((line) => (line.startsWith("call ") ? line.slice(5) : []));
  return { exitCode, stderr, calls };
}

const vivado = "../variant/deploy/vivado";
const vitis = "../variant/deploy/vitis";

describe("dtc compiles the overlay of every accelerator on every board without a word", () => {
  it.each(specs.flatMap((spec) => boards.map((board) => [spec, board] as const)))("%s on %s", async (spec, board) => {
    const made = await plan(spec, board);
    const work = await lay(`dtc-${spec}-${board}`, made);
    const { app, control, sharedBytes } = planDeployment(made)!;
    const source = `../variant/deploy/kria/${app}.dts`;
    const { stdout, stderr } = await execa("dtc", ["-@", "-O", "dtb", "-o", "overlay.dtbo", source], { cwd: work });
    expect(stdout + stderr).toBe("");
    const back = (await execa("dtc", ["-I", "dtb", "-O", "dts", "-q", "overlay.dtbo"], { cwd: work })).stdout;
    expect(back).toContain(`firmware-name = "${app}.bit.bin";`);
    expect(back).toContain(`reg = <0x00 0x${control.address.toString(16)} 0x00 0x${control.bytes.toString(16)}>;`);
    expect(back).toContain(`assigned-clock-rates = <0x${(made.clockMHz * 1e6).toString(16)}>;`);
    expect(back).toContain(`size = <0x00 0x${sharedBytes.toString(16)}>;`);
  });
});

describe("Vivado's Tcl under tclsh, against stubs that refuse unknown commands and arguments", () => {
  it("packs the IP: every source of the variant, interface and register of the plan, nothing else", async () => {
    const made = await plan("k-quants");
    const { exitCode, stderr, calls } = await tcl(await lay("package", made), `${vivado}/package_ip.tcl`);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const added = calls.find((call) => call.startsWith("add_files"))!;
    const sources = added.match(/rtl\/\w+\.sv/g)!;
    expect(added).toContain("../variant/deploy/vivado/bfq_kernel_ip.v");
    const emitted = rtlEmitter
      .files(made)
      .map(({ path }) => path)
      .filter((path) => path.startsWith("rtl/"));
    expect([...sources].sort()).toEqual(emitted.sort());
    const kernelText = rtlEmitter.files(made).find(({ path }) => path === "rtl/bfq_kernel.sv")!.text;
    const ports = new Set([...kernelText.matchAll(/\b((?:s|m)_axi_\w+)_(?:ar|aw)valid,/g)].map(([, port]) => port));
    const named = calls.flatMap((call) => /^ipx::associate_bus_interfaces -busif (\S+)/.exec(call)?.[1] ?? []);
    expect(new Set(named)).toEqual(ports);
    expect(calls).toContain("ipx::infer_bus_interface irq xilinx.com:signal:interrupt_rtl:1.0 core");
    const spaces = calls.flatMap((call) => /^ipx::add_address_space (\S+) core$/.exec(call)?.[1] ?? []);
    expect(new Set(spaces)).toEqual(new Set([...ports].filter((port) => port.startsWith("m_axi_"))));
    expect(calls).toContain("ipx::associate_bus_interfaces -clock ap_clk -reset ap_rst_n core");
    expect(calls).toContain("set_property value ACTIVE_LOW ap_rst_n.POLARITY");
    // What the SystemVerilog does: an interconnect that believes in one open read would lose nearly all of the bandwidth.
    const masters = rtlEmitter.files(made).find(({ path }) => path === "rtl/bfq_masters.sv")!.text;
    const printed = (name: string) => new RegExp(` ${name} = (\\d+);`).exec(masters)![1];
    for (const [master, file, module] of [
      ["weights_3", "bfq_weight_port", "read"],
      ["activations", "bfq_machine", "read"],
      ["output", "bfq_machine", "write"],
    ]) {
      const { text } = rtlEmitter.files(made).find(({ path }) => path === `rtl/${file}.sv`)!;
      const [, burst, outstanding] = new RegExp(
        `bfq_axi_${module} #\\(\\s*\\.MAX_BURST\\(bfq_masters::(\\w+)\\), \\.OUTSTANDING\\(bfq_masters::(\\w+)\\)`,
      )
        .exec(text)!
        .map((name, i) => (i === 0 ? name : printed(name)));
      const set = calls.flatMap(
        (call) => new RegExp(`^set_property value (\\S+) m_axi_${master}\\.(.*)`).exec(call) ?? [],
      );
      expect(set.filter((part) => part.startsWith("set_property"))).toEqual([
        `set_property value ${module.toUpperCase()}_ONLY m_axi_${master}.READ_WRITE_MODE`,
        `set_property value ${outstanding} m_axi_${master}.NUM_${module.toUpperCase()}_OUTSTANDING`,
        `set_property value ${burst} m_axi_${master}.MAX_BURST_LENGTH`,
        `set_property value 0 m_axi_${master}.SUPPORTS_NARROW_BURST`,
      ]);
    }
    const offsets = calls.flatMap(
      (call) => /^set_property address_offset (\S+) (\S+)$/.exec(call)?.slice(1, 3).join(" ") ?? [],
    );
    const wanted = registers
      .filter(({ name }) => !/_[4-7]$/.test(name))
      .map(({ name, offset }) => `0x${offset.toString(16)} ${name}`);
    expect(offsets).toEqual(wanted);
  });

  it.each([
    ["rtl", 4, "m_axi_weights_3", "irq"],
    ["rtl", 2, "m_axi_weights_1", "irq"],
    ["hls", 4, "m_axi_m_axi_weights_3", "interrupt"],
    ["hls", 1, "m_axi_m_axi_weights_0", "interrupt"],
  ] as const)(
    "builds the %s design of %i lanes: the last lane on HP3 (one lane: HP0), registers where the overlay says",
    async (kind, lanes, last, interrupt) => {
      const made = await plan("f-bfq", "kr260", { lanes });
      const work = await lay(`bitstream-${kind}-${lanes}`, made);
      const { exitCode, stderr, calls } = await tcl(work, `${vivado}/bitstream.tcl`, [kind, "4"]);
      expect(stderr).toBe("");
      expect(exitCode).toBe(0);
      const port = lanes === 1 ? 0 : 3;
      expect(calls).toContain(`connect_bd_intf_net kernel/${last} bus_${port + 2}/S00_AXI`);
      expect(calls).toContain(`connect_bd_intf_net bus_${port + 2}/M00_AXI ps/S_AXI_HP${port}_FPD`);
      expect(calls).toContain(`connect_bd_net kernel/${interrupt} ps/pl_ps_irq0`);
      expect(calls).toContain(
        "assign_bd_address -force -offset 0xa0000000 -range 0x10000 -target_address_space ps/Data kernel/s_axi_control/*",
      );
      expect(calls).toContain("set_property board_part xilinx.com:kr260_som:part0:1.1 project");
      const widths = calls.filter((call) => /PSU__SAXIGP\d__DATA_WIDTH 128/.test(call));
      expect(widths).toHaveLength(lanes + 1);
      expect(await readFile(join(work, "f-bfq.bit"), "utf8")).toBe("bits");
    },
  );

  it("implements as Vivado does by itself, or by each strategy that bfq knows; reports what an engineer asks for", async () => {
    const work = await lay("strategies", await plan("f-bfq"));
    const plain = await tcl(work, `${vivado}/bitstream.tcl`, ["rtl", "4"]);
    expect(plain.calls).toContain("launch_runs impl_1 -to_step write_bitstream -jobs 4");
    expect(plain.calls.filter((call) => call.startsWith("set_property strategy"))).toEqual([]);
    for (const report of ["report_power -file power", "report_methodology -file methodology", "report_cdc -file cdc"])
      expect(plain.calls).toContain(`${report}.rpt`);
    for (const strategy of strategies) {
      const { calls, stderr } = await tcl(work, `${vivado}/bitstream.tcl`, ["rtl", "2", strategy]);
      expect(stderr).toBe("");
      expect(calls).toContain(`set_property strategy ${strategy} impl_1`);
      expect(calls).toContain("launch_runs impl_1 -to_step write_bitstream -jobs 2");
    }
    expect((await tcl(work, `${vivado}/bitstream.tcl`, ["rtl", "4", "Fastest"])).stderr).toContain(
      "no strategy Fastest",
    );
  });

  it("prints what went wrong in the logs of Vivado's runs", async () => {
    const work = await lay("runs", await plan("f-bfq"));
    await mkdir(join(work, "project/synth_1"), { recursive: true });
    await writeFile(
      join(work, "project/synth_1/runme.log"),
      "INFO: [a] b\nERROR: [Synth 8-439] module 'x' not found\n",
    );
    const script = join(packageRoot, "src/kria/testing/vendor.tcl");
    const { stdout } = await execa("tclsh", [script, `${vivado}/bitstream.tcl`, "rtl", "4"], {
      cwd: work,
      env: { PROGRESS: "0%" },
      reject: false,
    });
    expect(stdout).toContain("\nERROR: [Synth 8-439] module 'x' not found\n");
    expect(stdout).not.toContain("INFO");
  });

  it.each([
    ["no such board", { NO_BOARD: "1" }, "this Vivado has no board xilinx.com:kv260_som:part0:1.4"],
    ["a clock that the PLLs do not make", { MADE_MHZ: "187.5" }, "the PLLs make 187.5 MHz of the 250 asked for"],
    ["implementation that stopped", { PROGRESS: "70%" }, "implementation stopped: write_bitstream ERROR"],
  ])("ends on %s", async (name, env, want) => {
    const work = await lay(`error-${name}`, await plan("f-bfq"));
    const { exitCode, stderr } = await tcl(work, `${vivado}/bitstream.tcl`, ["rtl", "4"], env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(want);
  });

  it.each([
    ["a command that Vivado has not", "save_bd_design", "save_design", 'invalid command name "save_design"'],
    ["an option that a command has not", "-to_step", "-until_step", "launch_runs: unknown option -until_step"],
    ["an argument too many", "validate_bd_design", "validate_bd_design now", "validate_bd_design: 1 arguments"],
  ])("the stubs notice %s", async (name, from, to, want) => {
    const work = await lay(`wrong-${name}`, await plan("f-bfq"));
    const script = join(work, vivado, "bitstream.tcl");
    const text = await readFile(script, "utf8");
    expect(text).toContain(from);
    await writeFile(script, text.replace(from, to));
    const { exitCode, stderr } = await tcl(work, `${vivado}/bitstream.tcl`, ["rtl", "4"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(want);
  });
});

it("the IP's top is plain Verilog around the kernel, port by port", async () => {
  const made = await plan("k-quants");
  const work = await lay("top", made);
  const top = `${vivado}/bfq_kernel_ip.v`;
  const inOrder = sourcesInOrder(rtlEmitter.files(made)).map((path) => `../variant/${path}`);
  const lint = ["--lint-only", "-Wall", "+1364-2001ext+v", "--top-module", "bfq_kernel_ip", ...inOrder, top];
  const { stdout, stderr } = await execa("verilator", lint, { cwd: work });
  expect(stdout + stderr).toBe("");
});

describe("vitis_hls' Tcl under tclsh, against the same stubs", () => {
  it.each([
    ["csim", "csim_design"],
    ["synthesis", "export_design -format ip_catalog -vendor bfq -library hls -ipname bfq_kernel"],
    ["cosim", "cosim_design"],
  ])("%s", async (script, want) => {
    const work = await lay(`hls-${script}`, await plan("f-bfq"));
    const { exitCode, stderr, calls } = await tcl(work, `${vitis}/${script}.tcl`);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(calls).toContain(want);
    expect(calls).toContain("create_clock -period 4.000 -name default");
  });
});

describe.each(["hls/impl/ip", "solution/impl/ip"])("the IP of Vitis HLS in %s becomes a kernel for v++", (place) => {
  it("with the control protocol that leaves the registers to the driver", async () => {
    const work = await lay(`xo-${place.replaceAll("/", "-")}`, await plan("f-bfq"));
    const script = `${vitis}/package_xo.tcl`;
    expect((await tcl(work, script)).stderr).toContain("no single component.xml in hls_ip, but 0");
    await mkdir(join(work, "hls_ip", place), { recursive: true });
    await writeFile(join(work, "hls_ip", place, "component.xml"), "<component/>");
    const { exitCode, stderr, calls } = await tcl(work, script);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(calls.at(-1)).toBe(
      `package_xo -force -xo_path bfq_kernel.xo -kernel_name bfq_kernel -ctrl_protocol user_managed -ip_directory hls_ip/${place}`,
    );
  });
});

describe("what a user writes reaches no Tcl unquoted", () => {
  it.each([
    ["a command", "x [exec touch owned] $env(HOME)"],
    ["quotes and braces", 'a" ; exec touch owned ; "} ; exec touch owned ; {'],
    ["newlines", "a\nexec touch owned\n"],
    ["a backslash at the end", "a\\"],
  ])("description and file name with %s", async (name, text) => {
    const work = await lay(`hostile-${name}`, await plan("f-bfq", "kv260", { description: text }), `${text}.yaml\\`);
    const { exitCode, stderr, calls } = await tcl(work, `${vivado}/package_ip.tcl`);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(calls.some((call) => call.startsWith("set_property description "))).toBe(true);
    expect(await readdir(work)).toEqual(["project"]);
    expect((await tcl(work, `${vivado}/bitstream.tcl`, ["rtl", "4"])).exitCode).toBe(0);
    expect((await readdir(work)).sort()).toEqual(["f-bfq.bit", "project"]);
  });
});

it("a board that is no Kria gets no files, and names become one stem of [a-z0-9-]", async () => {
  const made = await plan("f-bfq");
  const { kria: _, ...other } = made.board;
  expect(deployEmitter.files({ ...made, board: other })).toEqual([]);
  expect(refuseDeployment({ ...made, board: other })?.rule).toBe("not-a-kria");
  expect(planDeployment({ ...made, name: "My_Variant-2" })!.app).toBe("my-variant-2");
});

it("nothing but board and module spec knows a port or an address", async () => {
  const made = await plan("f-bfq");
  const ps = made.board["processing-system"]!;
  const other = {
    ...ps,
    lanes: { "4": ["HP3", "HP2", "HP1", "HP0"] },
    control: { address: 0xb0000000, bytes: 0x20000, pin: "M_AXI_LPD", clock: "maxi_lpd_aclk", index: 2 },
    interrupt: 90,
    linux: {
      clock: { node: "clkc", id: 15 },
      reset: { node: "slcr", id: 3 },
      "master-widths": { register: 20, value: 0xb00 },
    },
  };
  const moved = { ...made, board: { ...made.board, "processing-system": other } } as Plan;
  const deployment = planDeployment(moved)!;
  expect(deployment.weights.map(({ name }) => name)).toEqual(["HP3", "HP2", "HP1", "HP0"]);
  const texts = deployEmitter.files(moved).map(({ text }) => text);
  expect(texts.join("\n")).not.toMatch(/0xa0000000|interrupts = <0 89|HPM0|hpm0|zynqmp_|0xa00\b/);
  const { calls, stderr } = await tcl(await lay("moved", moved), `${vivado}/bitstream.tcl`, ["rtl", "4"]);
  expect(stderr).toBe("");
  expect(calls).toContain("connect_bd_intf_net ps/M_AXI_LPD control_bus/S00_AXI");
  expect(calls.filter((call) => /PSU__(USE__M_AXI_GP|MAXIGP)/.test(call))).toEqual([
    "set_property CONFIG.PSU__USE__M_AXI_GP0 0 /ps",
    "set_property CONFIG.PSU__USE__M_AXI_GP1 0 /ps",
    "set_property CONFIG.PSU__USE__M_AXI_GP2 1 /ps",
    "set_property CONFIG.PSU__MAXIGP2__DATA_WIDTH 128 /ps",
  ]);
  const two = { ...moved, parameters: { ...moved.parameters, LANES: 2 } };
  expect(planDeployment(two)).toBeUndefined();
  expect(refuseDeployment(two)).toMatchObject({
    what: "kv260 names no memory ports for 2 lanes (processing-system.lanes)",
    fix: "use 4 lanes, or name the ports in the board spec",
  });
});
