import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";
import { moduleSources, ownParameters } from "../rtl/verilate.ts";
import type { Subject } from "./build.ts";

/** A module with the bench of ../rtl that judges it. */
export interface ModuleBench {
  top: string;
  bench: string;
  parameters?: Record<string, number>;
  defines?: Record<string, number>;
  /** Modules inside that have a bench of their own. */
  spared?: readonly string[];
}

const rtl = new URL("../rtl/", import.meta.url);

export async function benchSubject({
  top,
  bench,
  parameters = {},
  defines = {},
  spared = [],
}: ModuleBench): Promise<Subject> {
  const modules = new Map(await moduleSources(top, parameters));
  modules.set(`${top}.sv`, withDefaults(modules.get(`${top}.sv`)!, parameters));
  const headers = (await readdir(rtl)).filter((name) => name.endsWith(".hpp"));
  const files = await Promise.all(
    [bench, ...headers].map(async (path) => ({ path, text: await readFile(new URL(path, rtl), "utf8") })),
  );
  for (const [path, text] of modules) files.push({ path, text });
  return {
    top,
    files,
    sources: [...modules.keys()],
    program: bench,
    prefix: "Vdut",
    spared,
    flags: Object.entries({ ...parameters, ...defines }).map(([name, value]) => `-D${name}=${value}`),
  };
}

/** Yosys 0.23 can't give a top module parameters when one of its parts is used twice with those by default. */
function withDefaults(text: string, parameters: Record<string, number>): string {
  for (const [name, value] of ownParameters(text, parameters)) {
    const found = new RegExp(`(parameter (?:int|logic \\[\\d+:0\\])\\s+${name}\\s*=\\s*)[^,\\s]+`);
    text = text.replace(found, `$1${value < 2 ** 31 ? value : `32'd${value}`}`);
  }
  return text;
}

/** Runs a bench with one mutant. A mutant that hangs is as dead as one that fails. @param seconds of the processor */
export async function runBenchMutant(executable: string, select: number, seconds: number): Promise<boolean> {
  const env = { BFQ_MUTANT: String(select) }; // and not BFQ_LONG: one defect is found in a short run
  const limited = ["-c", 'ulimit -t "$1"; exec "$0"', executable, String(seconds)];
  const { failed } = await execa("bash", limited, { env, extendEnv: false, all: true, reject: false });
  return !failed;
}
