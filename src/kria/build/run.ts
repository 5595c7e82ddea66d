import { createWriteStream } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { execa } from "execa";
import { endOnInterrupt, ownGroup } from "../../output/interrupt.ts";
import { ExitCode, userError } from "../../problem.ts";
import { type BuildStep, sourceDateEpoch } from "./build-steps.ts";
import { linesThatMatter } from "./log.ts";
import { toolMissing } from "./tools.ts";

export interface Folders {
  /** Tools run here. */
  work: string;
  logs: string;
}

/** A step that ran. */
export interface StepRun {
  name: string;
  seconds: number;
  log: string;
}

/** Runs steps one after the other, each with a log of its own. */
export class Runner {
  readonly runs: StepRun[] = [];

  constructor(
    private readonly folders: Folders,
    private readonly say: (line: string) => void,
  ) {}

  /** @throws UserError: exit code 3 where the tool isn't there, 4 where it fails or does not write what it should */
  async run(steps: readonly BuildStep[]): Promise<void> {
    for (const step of steps) await this.runStep(step);
  }

  private async runStep(step: BuildStep): Promise<void> {
    const { name, tool, args, inputs, outputs, get } = step;
    const { work, logs } = this.folders;
    await this.needs(inputs, "missing-input", `step ${name} needs`, "make the build again");
    const log = join(logs, `${String(this.runs.length + 1).padStart(2, "0")}-${name}.log`);
    this.say(`${name}: ${tool}, log ${log}`);
    const began = performance.now();
    const child = execa(tool, args, {
      cwd: work,
      env: { SOURCE_DATE_EPOCH: sourceDateEpoch },
      all: true,
      buffer: false,
      reject: false,
      stdin: "ignore",
      ...ownGroup(),
    });
    endOnInterrupt(child);
    const file = createWriteStream(log);
    child.all.pipe(file);
    const result = await child;
    if (result.code === "ENOENT" || result.code === "EACCES") throw toolMissing(tool, get);
    await finished(file);
    this.runs.push({ name, seconds: Math.round((performance.now() - began) / 100) / 10, log });
    if (result.failed) {
      throw userError(
        "tool-failed",
        `step ${name}: ${tool} ended with ${result.exitCode ?? result.signal}`,
        {
          why: linesThatMatter(await readFile(log, "utf8")),
          fix: `the whole log: ${log}; run again by hand in ${work}: ${result.escapedCommand}`,
        },
        ExitCode.toolFailed,
      );
    }
    await this.needs(
      outputs,
      "missing-output",
      `step ${name}: ${tool} ended well but did not write`,
      `see its log: ${log}`,
    );
  }

  private async needs(paths: readonly string[], rule: string, what: string, fix: string): Promise<void> {
    for (const path of paths) {
      await access(join(this.folders.work, path)).catch(() => {
        throw userError(rule, `${what} ${path}`, { fix }, ExitCode.toolFailed);
      });
    }
  }
}
