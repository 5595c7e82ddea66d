import type { Package } from "../package/open.ts";

/** Facts that a script printed as name=value lines. */
export type Facts = Record<string, string>;

export interface StepContext {
  package: Package | undefined;
  anyClock: boolean;
}

/** One step of a deploy: a script of scripts/kria, run as root on the board. */
export interface DeployStep {
  name: string;
  does: string;
  script: string;
  /** Needs a package; what it is called with follows from it. */
  args(context: StepContext): string[];
  /** Changes nothing, so that nothing has to be guarded. */
  readsOnly?: boolean;
  /** The package goes down its stdin, unless the board has it. */
  sends?: boolean;
  /** What of the facts is worth a line. */
  says(facts: Facts): string;
}

const appOf = ({ package: opened }: StepContext) => [opened!.manifest.app];

/** The board keeps the old version, the new one in two places, and the tar's overhead. */
const diskFactor = 3;

const megabytes = (kilobytes: string | undefined) => `${Math.round(Number(kilobytes ?? 0) / 1024)} MB`;

export const steps: readonly DeployStep[] = [
  {
    name: "preflight",
    does: "is the board fit for the app",
    script: "preflight.sh",
    readsOnly: true,
    args: ({ package: opened }) =>
      opened ? [opened.manifest.board, String(opened.manifest.dmaBytes), String(opened.bytes * diskFactor)] : [],
    says: ({ model, os, cma_free_kb, app }) =>
      [model, os, `${megabytes(cma_free_kb)} of CMA free`, app ? `${app} loaded` : "no app loaded"].join(", "),
  },
  {
    name: "copy",
    does: "the package to the board, hashes checked there",
    script: "copy.sh",
    sends: true,
    args: (context) => [...appOf(context), context.package!.hash],
    says: ({ have, bytes }) => (have === "yes" ? "it is there already" : `${Math.round(Number(bytes) / 1000)} kB`),
  },
  {
    name: "unload",
    does: "the app that is loaded",
    script: "unload.sh",
    args: () => [],
    says: ({ unloaded }) => unloaded || "none was loaded",
  },
  {
    name: "install",
    does: "to /lib/firmware/xilinx and /opt/bfq",
    script: "install.sh",
    args: appOf,
    says: ({ installed }) => (installed === "already" ? "it is there already" : "done"),
  },
  {
    name: "load",
    does: "xmutil loadapp",
    script: "load.sh",
    args: appOf,
    says: ({ loaded, uio }) => `${loaded}, /dev/${uio}`,
  },
  {
    name: "afifm",
    does: "port widths of the PS",
    script: "afifm.sh",
    args: appOf,
    says: (facts) => `${Object.keys(facts).length} registers right`,
  },
  {
    name: "clock",
    does: "the PL clock against what was built",
    script: "clock.sh",
    args: (context) => [...appOf(context), ...(context.anyClock ? ["any"] : [])],
    says: ({ pl0_hz, built_mhz }) => `${Number(pl0_hz) / 1e6} MHz, built for ${built_mhz}`,
  },
  {
    name: "selftest",
    does: "golden MatMuls, bit for bit",
    script: "selftest.sh",
    args: appOf,
    says: ({ result }) => selftestText(result),
  },
  {
    name: "power",
    does: "of the board at rest, and what else runs",
    script: "power.sh",
    args: () => [],
    says: ({ idle_uw, cpu_busy_percent }) =>
      `${watts(idle_uw)}${cpu_busy_percent ? `, CPUs ${cpu_busy_percent} % busy` : ""}`,
  },
  {
    name: "benchmark",
    does: "cycles, bytes, time and power",
    script: "benchmark.sh",
    args: appOf,
    says: ({ result }) => `${(JSON.parse(result) as { benchmarks: unknown[] }).benchmarks.length} formats`,
  },
];

const watts = (microwatts: string | undefined) =>
  microwatts ? `${(Number(microwatts) / 1e6).toFixed(2)} W` : "no INA260 answers";

function selftestText(result: string): string {
  const { outputs, differing } = JSON.parse(result) as { outputs: number; differing: number };
  return `${outputs} outputs, ${differing} differ`;
}

export function parseFacts(stdout: string): Facts {
  const facts: Facts = {};
  for (const line of stdout.split("\n")) {
    const match = /^([A-Za-z0-9_]+)=(.*)$/.exec(line);
    if (match) facts[match[1]] = match[2];
  }
  return facts;
}
