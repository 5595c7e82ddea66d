import { readdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { packageRoot } from "../../paths.ts";
import { ExitCode, UserError, userError } from "../../problem.ts";
import { packTar, tarOf } from "../package/open.ts";
import { type DeployStep, type Facts, parseFacts, type StepContext } from "./deploy-steps.ts";
import { commandLine, parseProblems, type RemoteResult, remoteError, Ssh } from "./ssh.ts";

const scriptsFolder = `${packageRoot}scripts/kria`;

export interface StepReport {
  name: string;
  seconds: number;
  facts: Facts;
}

export interface DeployOptions extends StepContext {
  host: string;
  steps: readonly DeployStep[];
  /** A line for the user, now. */
  say(line: string): void;
}

/** Runs steps on a board. Where one fails, the board puts itself back as it was before the first. @throws UserError */
export async function runSteps(options: DeployOptions): Promise<StepReport[]> {
  const reading = options.steps.filter((step) => step.readsOnly);
  const changing = options.steps.filter((step) => !step.readsOnly);
  return withBoard(options.host, async (board) => {
    const reports = await runAll(board, reading, options);
    if (changing.length === 0) return reports;
    const guard = await Guard.start(board);
    const done = await runAll(board, changing, options).catch(async (error) => {
      throw withRestore(error, await guard.undo(), options);
    });
    await guard.commit();
    return [...reports, ...done];
  });
}

/** Connects, sends the scripts, and leaves nothing of both behind. */
async function withBoard<Result>(host: string, work: (board: RemoteScripts) => Promise<Result>): Promise<Result> {
  const ssh = await Ssh.open(host);
  try {
    const board = await RemoteScripts.send(ssh);
    try {
      return await work(board);
    } finally {
      await board.remove();
    }
  } finally {
    await ssh.close();
  }
}

/** What the preflight finds on a board, and everything that is wrong with it. */
export async function inspectBoard(host: string): Promise<{ facts: Facts; problem?: UserError }> {
  return withBoard(host, async (board) => {
    const result = await board.ssh.run(board.command("preflight.sh", []));
    const facts = parseFacts(result.stdout);
    return result.exitCode === 0 ? { facts } : { facts, problem: board.failure(result, "the preflight") };
  });
}

async function runAll(
  board: RemoteScripts,
  steps: readonly DeployStep[],
  options: DeployOptions,
): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for (const step of steps) {
    const started = Date.now();
    const facts = await runStep(board, step, options);
    const seconds = (Date.now() - started) / 1000;
    reports.push({ name: step.name, seconds, facts });
    options.say(`${step.name.padEnd(10)} ${seconds.toFixed(1).padStart(5)} s  ${step.says(facts)}`);
  }
  return reports;
}

async function runStep(board: RemoteScripts, step: DeployStep, context: StepContext): Promise<Facts> {
  const args = step.args(context);
  if (!step.sends) return board.run(step, args);
  const facts = await board.run(step, [...args, "have"]);
  return facts.have === "yes" ? facts : board.run(step, [...args, "take"], await packTar(context.package!));
}

/** bfq's own scripts in a folder on the board, so that no old ones run. */
class RemoteScripts {
  private constructor(
    readonly ssh: Ssh,
    readonly folder: string,
    private readonly asRoot: readonly string[],
  ) {}

  static async send(ssh: Ssh): Promise<RemoteScripts> {
    const names = (await readdir(scriptsFolder)).filter((name) => name.endsWith(".sh")).sort();
    const take = 'd=$(mktemp -d /tmp/bfq-scripts.XXXXXX) && tar -x -f - -C "$d" && printf "%s\\n" "$(id -u)" "$d"';
    const result = await ssh.run(take, await tarOf(scriptsFolder, names));
    const [user, folder] = result.stdout.trim().split("\n");
    if (result.exitCode !== 0 || !folder) throw remoteError(ssh.host, "sending the scripts", result);
    return new RemoteScripts(ssh, folder, user === "0" ? [] : ["sudo", "-n"]);
  }

  command(script: string, args: readonly string[]): string {
    return commandLine([...this.asRoot, "sh", `${this.folder}/${script}`, ...args]);
  }

  async run({ name, script }: DeployStep, args: readonly string[], input?: Uint8Array): Promise<Facts> {
    const result = await this.ssh.run(this.command(script, args), input);
    if (result.exitCode === 0) return parseFacts(result.stdout);
    throw this.failure(result, `step ${name}`);
  }

  failure(result: RemoteResult, what: string): UserError {
    const error = this.noRoot(result) ?? remoteError(this.ssh.host, what, result);
    const { result: details } = parseFacts(result.stdout);
    if (details) error.problems[0].why += `: ${firstDifference(details)}`;
    return error;
  }

  /** sudo that asks for a password says so itself, in no shape of ours. */
  private noRoot({ stderr }: RemoteResult): UserError | undefined {
    if (!/^sudo: /m.test(stderr)) return undefined;
    const why = stderr.trim().split("\n").at(-1);
    return userError(
      "not-root",
      `${this.ssh.host}: sudo wants a password`,
      { ...(why && { why }), fix: "log in as root, or let this user sudo without a password (docs/kria.md)" },
      ExitCode.checkFailed,
    );
  }

  async remove(): Promise<void> {
    await this.ssh.run(["rm", "-rf", this.folder]);
  }
}

/** The self-test's first wrong output, from its JSON. */
function firstDifference(result: string): string {
  const { vectors } = JSON.parse(result) as { vectors: { file: string; first?: Record<string, string | number> }[] };
  const differing = vectors.find(({ first }) => first);
  if (!differing) return "no output differs";
  const { row, column, got, golden } = differing.first!;
  return `${differing.file}, row ${row}, column ${column}: ${got}, golden ${golden}`;
}

/** The board's own watch over a deploy: it holds the lock, and undoes everything unless it is told that all went well. */
class Guard {
  private constructor(
    private readonly board: RemoteScripts,
    private readonly child: ReturnType<Ssh["start"]>,
  ) {}

  static async start(board: RemoteScripts): Promise<Guard> {
    const child = board.ssh.start(board.command("guard.sh", []));
    const guard = new Guard(board, child);
    const lines = createInterface({ input: child.stdout! });
    const ready = await Promise.race([
      new Promise<boolean>((resolve) => lines.once("line", (line) => resolve(line === "ready"))),
      child.then(() => false),
    ]);
    lines.close();
    child.stdout!.resume();
    if (ready) return guard;
    const result = await guard.ended();
    throw board.failure(result, "the guard");
  }

  /** @throws UserError where the board did not take it */
  async commit(): Promise<void> {
    this.child.stdin!.end("commit\n");
    const result = await this.ended();
    if (result.exitCode !== 0) throw remoteError(this.board.ssh.host, "ending the deploy", result);
  }

  undo(): Promise<RemoteResult> {
    this.child.stdin!.end();
    return this.ended();
  }

  private async ended(): Promise<RemoteResult> {
    const { exitCode, stdout, stderr } = await this.child;
    return { exitCode, stdout: String(stdout ?? ""), stderr: String(stderr ?? "") };
  }
}

/** A step's failure, with what became of the board. */
function withRestore(error: unknown, undone: RemoteResult, { host, say }: DeployOptions): unknown {
  const { restored } = parseFacts(undone.stdout);
  const problems = parseProblems(undone.stderr, host);
  if (restored !== undefined && problems.length === 0)
    say(`the board is as it was: ${restored ? `${restored} is loaded` : "no app is loaded"}`);
  return error instanceof UserError ? new UserError([...error.problems, ...problems], error.exitCode) : error;
}
