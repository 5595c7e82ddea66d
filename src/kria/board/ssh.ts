import { join } from "node:path";
import { execa } from "execa";
import { type TemporaryFolder, temporaryFolder } from "../../output/temporary.ts";
import { ExitCode, type Problem, UserError, userError } from "../../problem.ts";

/** `[user@]host`: a name of ~/.ssh/config, a DNS name or an address. No shell and no option of ssh is in it. */
const hostPattern = /^([A-Za-z0-9_][A-Za-z0-9_.+-]*@)?[A-Za-z0-9_:[][A-Za-z0-9_.:%[\]-]*$/;

/** @throws UserError where it is no host name: '-' first would be an option of ssh */
export function checkHost(host: string): string {
  if (host.length <= 255 && hostPattern.test(host)) return host;
  throw userError("bad-host", `${JSON.stringify(host.slice(0, 60))} is not a host name`, {
    why: "it is handed to ssh as [user@]host: letters, digits and . _ : - only, and no '-' first",
    fix: "give a name of your ~/.ssh/config, a DNS name or an address; ports and keys belong into ~/.ssh/config",
  });
}

/** One word for a POSIX shell, whatever is in it. */
export function quote(word: string): string {
  if (word.includes("\0")) throw new Error("a NUL can't be quoted");
  return /^[A-Za-z0-9_/.:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export const commandLine = (words: readonly string[]) => words.map(quote).join(" ");

export interface RemoteResult {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** A board through the user's own ssh: one connection that all commands share, so that a password is asked for once. */
export class Ssh {
  private constructor(
    readonly host: string,
    private readonly folder: TemporaryFolder,
  ) {}

  static async open(host: string): Promise<Ssh> {
    checkHost(host);
    return new Ssh(host, temporaryFolder("ssh"));
  }

  /** Runs words, quoted, or a line of shell that is a constant of bfq. */
  start(command: readonly string[] | string, input?: Uint8Array) {
    const line = typeof command === "string" ? command : commandLine(command);
    return execa("ssh", [...this.options(), "--", this.host, line], {
      reject: false,
      ...(input ? { input } : { stdin: "pipe" as const }),
    });
  }

  async run(command: readonly string[] | string, input: Uint8Array = new Uint8Array()): Promise<RemoteResult> {
    const { exitCode, stdout, stderr, code } = await this.start(command, input);
    if (code === "ENOENT") {
      const fix = "apt install openssh-client";
      throw userError(
        "tool-missing",
        "ssh is not installed",
        { why: "it reaches the board", fix },
        ExitCode.toolMissing,
      );
    }
    return { exitCode, stdout: String(stdout ?? ""), stderr: String(stderr ?? "") };
  }

  async close(): Promise<void> {
    await execa("ssh", [...this.options(), "-O", "exit", "--", this.host], { reject: false, stdin: "ignore" });
    this.folder.remove();
  }

  private options(): string[] {
    const settings = {
      ControlMaster: "auto",
      ControlPath: join(this.folder.path, "%C"),
      ControlPersist: "60",
      ConnectTimeout: "10",
      // A board that vanishes is noticed in a quarter of a minute.
      ServerAliveInterval: "5",
      ServerAliveCountMax: "3",
      // Without a terminal nobody answers a question.
      ...(!process.stdin.isTTY && { BatchMode: "yes" }),
    };
    return ["-T", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
  }
}

/** Problems as the board's scripts print them (scripts/kria/common.sh), in the shape of formatProblem. */
export function parseProblems(stderr: string, file: string): Problem[] {
  const problems: Problem[] = [];
  for (const line of stderr.split("\n")) {
    const head = /^error\[([a-z0-9-]+)\]: (.*)$/.exec(line);
    const detail = /^ {2}(why|fix): (.*)$/.exec(line);
    if (head) problems.push({ rule: head[1], what: head[2], file });
    else if (detail && problems.length > 0) problems[problems.length - 1][detail[1] as "why" | "fix"] = detail[2];
  }
  return problems;
}

/** ssh's own end, where it could not reach the board or lost it. */
const sshFailed = 255;

/** What a command that failed on the board tells the user. */
export function remoteError(host: string, what: string, { exitCode, stderr }: RemoteResult): UserError {
  const problems = parseProblems(stderr, host);
  const known = Object.values(ExitCode).find((code) => code === exitCode);
  if (problems.length > 0 && known) return new UserError(problems, known);
  const lost = exitCode === sshFailed || exitCode === undefined;
  const said = stderr.trim().split("\n").slice(-4).join("\n       ");
  return userError(
    lost ? "connection" : "step-failed",
    lost ? `${host}: ssh lost the board, or did not reach it (${what})` : `${host}: ${what} ended with ${exitCode}`,
    {
      why: said || "it said nothing",
      fix: lost
        ? `does \`ssh ${host}\` work? A deploy that was cut off is undone by the board itself`
        : "try the step alone with --step, and look at the board's dmesg",
    },
    ExitCode.toolFailed,
  );
}
