import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as doctor from "../cli/doctor.ts";
import * as verify from "../cli/verify.ts";
import { packageRoot } from "../paths.ts";
import { findTool, judgeVersion, parseVersion } from "./tools.ts";

// Truth: what the releases of the distributions print, copied from them.
const printed = {
  "ubuntu 22.04's verilator": ["verilator", "Verilator 4.038 2020-07-11 rev v4.036-114-g0cd4a57ad\n", "4.038", false],
  "debian 12's verilator": ["verilator", "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)\n", "5.006", true],
  "ubuntu 24.04's verilator": ["verilator", "Verilator 5.020 2024-01-01 rev (Debian 5.020-1)\n", "5.020", true],
  "debian 12's g++": ["g++", "g++ (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022\n", "12.2.0", true],
  "ubuntu 20.04's g++": ["g++", "g++ (Ubuntu 9.4.0-1ubuntu1~20.04.2) 9.4.0\n", "9.4.0", false],
  "a g++ of crosstool-NG": ["g++", "g++ (crosstool-NG 1.25.0) 12.1.0\n", "12.1.0", true],
  "debian 12's icarus": ["iverilog", "Icarus Verilog runtime version 11.0 (stable) ()\n", "11.0", true],
  "ubuntu 20.04's icarus": ["iverilog", "Icarus Verilog runtime version 10.3 (stable) ()\n", "10.3", false],
  "ubuntu 22.04's yosys": ["yosys", "Yosys 0.9 (git sha1 1979e0b)\n", "0.9", false],
  "ubuntu 24.04's yosys": ["yosys", "Yosys 0.33 (git sha1 2584903a060)\n", "0.33", true],
  "a tool that says no number": ["yosys", "Yosys (unknown)\n", undefined, true],
} as const;

describe("versions", () => {
  it.each(Object.entries(printed))("%s", (_, [name, text, version, isGood]) => {
    expect(parseVersion(text)).toBe(version);
    expect(judgeVersion(findTool(name)!, text) === undefined).toBe(isGood);
  });
});

// A PATH on which each tool is there, but Verilator is Ubuntu 22.04's.
const base = mkdtempSync(join(tmpdir(), "bfq-tools-"));
const old = join(base, "bin");
beforeAll(() => {
  mkdirSync(old);
  writeFileSync(join(old, "verilator"), `#!/bin/sh\necho "${printed["ubuntu 22.04's verilator"][1].trim()}"\n`);
  chmodSync(join(old, "verilator"), 0o755);
  for (const name of ["g++", "make", "sh", "node"]) {
    symlinkSync(name === "node" ? process.execPath : `/usr/bin/${name}`, join(old, name));
  }
});
afterAll(() => rmSync(base, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const said = /verilator is 4\.038; bfq needs 5\.006 or later[\s\S]*OSS CAD Suite/;

async function outputOf(work: () => Promise<void>): Promise<string> {
  let text = "";
  const listen = (piece: unknown) => {
    text += piece;
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(listen);
  vi.spyOn(process.stderr, "write").mockImplementation(listen);
  await work();
  return text;
}

describe("with a Verilator that is too old", () => {
  it("doctor says what is needed and how to get it, and fails", async () => {
    vi.stubEnv("PATH", old);
    const text = await outputOf(() => doctor.handler({ json: true, verbose: false }));
    expect(process.exitCode).toBe(3);
    const { tools } = JSON.parse(text);
    const verilator = tools.find(({ name }: { name: string }) => name === "verilator");
    expect(verilator).toMatchObject({ needed: "5.006", problem: { rule: "tool-too-old" } });
    expect(tools.find(({ name }: { name: string }) => name === "g++").problem).toBeUndefined();
    expect(await outputOf(() => doctor.handler({ json: false, verbose: false }))).toMatch(
      /Verilator 4\.038.* 5\.006 .*too old: .*OSS CAD Suite/,
    );
  });

  it("engine rtl is refused before anything is built", async () => {
    vi.stubEnv("PATH", old);
    const cache = join(base, "cache");
    vi.stubEnv("BFQ_CACHE", cache);
    mkdirSync(cache);
    const spec = `${packageRoot}specs/accelerators/f-bfq.yaml`;
    const options = { json: false, verbose: false, spec, columns: 1, runs: 1, seed: 1, tile: "0,0" };
    expect(await outputOf(() => verify.handler({ ...options, engine: "rtl" }))).toMatch(said);
    expect(process.exitCode).toBe(3);
    expect(readdirSync(cache)).toEqual([]);
  });

  it("scripts say it too", () => {
    const judge = () =>
      execFileSync(process.execPath, [`${packageRoot}scripts/judge-tools.mjs`, "g++", "verilator"], {
        env: { ...process.env, PATH: old },
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(judge).toThrow(expect.objectContaining({ status: 3, stderr: expect.stringMatching(said) }));
  });
});
