import { execa } from "execa";
import { ExitCode, type Problem, UserError, userError } from "../../problem.ts";

/** A release of AMD's tools, "2023.2". */
export type Release = string;

interface VendorTool {
  name: string;
  versionArgs: string[];
  get: string;
}

const settings = "then run `source <where it is>/settings64.sh`";
const vitis = `install AMD Vitis (amd.com, Downloads); ${settings}`;

/** Everything of AMD's that a build can call. */
export const vendorTools = {
  vivado: {
    name: "vivado",
    versionArgs: ["-version"],
    get: `install AMD Vivado (amd.com, Downloads; the free ML Standard edition knows the K26); ${settings}`,
  },
  "v++": { name: "v++", versionArgs: ["--version"], get: vitis },
  "vitis-run": { name: "vitis-run", versionArgs: ["--version"], get: vitis },
  vitis_hls: { name: "vitis_hls", versionArgs: ["-version"], get: `${vitis}; vitis_hls is part of it up to 2024.1` },
} as const satisfies Record<string, VendorTool>;

export type VendorName = keyof typeof vendorTools;

/** How a release synthesises HLS C++. */
export type HlsFlow = "unified" | "tcl";

/** First match wins: the tool that is asked, the releases that it runs the flow in. */
const hlsFlows: readonly { flow: HlsFlow; tool: VendorName; from: Release; needs: VendorName[] }[] = [
  { flow: "unified", tool: "v++", from: "2023.2", needs: ["vitis-run"] },
  { flow: "tcl", tool: "vitis_hls", from: "2020.2", needs: [] },
];

/** The K26 came with 2021.1. */
const firstVivado: Release = "2021.1";

export interface Toolchain {
  releases: Partial<Record<VendorName, Release>>;
  /** Where HLS is wanted. */
  flow?: HlsFlow;
}

/** What `-version` and `--version` print: "Vivado v2023.2 (64-bit)", "vivado v2024.1.2 (64-bit)", "****** v++ v2025.1 (64-bit)". */
export function parseRelease(text: string): Release | undefined {
  return /\bv(20\d\d\.\d)(?:\.\d+)?\b/.exec(text)?.[1];
}

/** The release of a tool, "unknown" where it starts but does not say, nothing where it isn't there. */
export async function probe(name: VendorName): Promise<Release | "unknown" | undefined> {
  const { versionArgs } = vendorTools[name];
  const result = await execa(name, [...versionArgs], { all: true, reject: false, stdin: "ignore", timeout: 120_000 });
  if (result.code === "ENOENT" || result.code === "EACCES") return undefined;
  return parseRelease(result.all ?? "") ?? "unknown";
}

const byRelease = (a: Release, b: Release) => Number(a) - Number(b);

/** @throws UserError, exit code 3, that names what is missing or too old and how to get it */
export async function findToolchain(tool: "vivado" | "vitis", link: boolean): Promise<Toolchain> {
  const names: VendorName[] = tool === "vivado" ? ["vivado"] : ["vivado", "v++", "vitis-run", "vitis_hls"];
  const found = new Map(await Promise.all(names.map(async (name) => [name, await probe(name)] as const)));
  const releases: Toolchain["releases"] = {};
  for (const [name, release] of found) if (release && release !== "unknown") releases[name] = release;
  const problems = [...refuseVivado(found.get("vivado")), ...(link && !found.get("v++") ? [missing("v++")] : [])];
  if (tool === "vivado") {
    if (problems.length > 0) throw new UserError(problems, ExitCode.toolMissing);
    return { releases };
  }
  const row = chooseHlsFlow(releases, (name) => found.get(name) !== undefined);
  if (!row) problems.push(noHls(found));
  else if (releases.vivado && releases[row.tool] !== releases.vivado) {
    problems.push({
      rule: "tool-releases",
      what: `${row.tool} is of ${releases[row.tool]}, vivado of ${releases.vivado}`,
      why: "a Vivado of another release may not know the IP that HLS makes",
      fix: "run the settings64.sh of one release",
    });
  }
  if (problems.length > 0 || !row) throw new UserError(problems, ExitCode.toolMissing);
  return { releases, flow: row.flow };
}

/** The first flow whose tools are there. */
export function chooseHlsFlow(releases: Toolchain["releases"], present: (name: VendorName) => boolean) {
  return hlsFlows.find(({ tool, from, needs }) => {
    const release = releases[tool];
    return release !== undefined && byRelease(release, from) >= 0 && needs.every(present);
  });
}

function refuseVivado(release: Release | "unknown" | undefined): Problem[] {
  if (!release) return [missing("vivado")];
  if (release === "unknown") {
    return [{ rule: "tool-release", what: "vivado does not say which release it is", fix: vendorTools.vivado.get }];
  }
  if (byRelease(release, firstVivado) >= 0) return [];
  return [
    {
      rule: "tool-release",
      what: `vivado is of ${release}`,
      why: `releases before ${firstVivado} do not know the K26`,
      fix: vendorTools.vivado.get,
    },
  ];
}

function noHls(found: ReadonlyMap<VendorName, Release | "unknown" | undefined>): Problem {
  const has = [...found].flatMap(([name, release]) => (release && name !== "vivado" ? `${name} (${release})` : []));
  return {
    rule: "tool-missing",
    what: "no tool for HLS: neither v++ and vitis-run of 2023.2 or later nor vitis_hls of 2020.2 or later",
    why: has.length > 0 ? `found ${has.join(", ")}` : "found none of them",
    fix: vitis,
  };
}

function missing(name: VendorName): Problem {
  return { rule: "tool-missing", what: `${name} is not installed, or not on the PATH`, fix: vendorTools[name].get };
}

export const toolMissing = (name: string, get: string) =>
  userError("tool-missing", `${name} is not installed, or not on the PATH`, { fix: get }, ExitCode.toolMissing);
