/** One thing that is wrong with what the user gave: what, where, by which rule, why, and how to mend it. */
export interface Problem {
  /** Short name of the violated rule, e.g. "unknown-key". */
  rule: string;
  what: string;
  why?: string;
  fix?: string;
  file?: string;
  /** 1-based; only with `file`. */
  line?: number;
  /** 1-based; only with `line`. */
  column?: number;
}

/** docs/architecture.md: what the process exit code says. */
export const ExitCode = { checkFailed: 1, badInput: 2, toolMissing: 3, toolFailed: 4 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error the user can mend. Anything else that is thrown is a defect of bfq. */
export class UserError extends Error {
  override name = "UserError";

  constructor(
    readonly problems: Problem[],
    readonly exitCode: ExitCode = ExitCode.badInput,
  ) {
    super(problems.map(formatProblem).join("\n"));
  }
}

/** `file:line:column: error[rule]: what`, then indented `why:` and `fix:` lines where given. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, rule, what, why, fix } = problem;
  const place = [file, file && line, file && line && column].filter((part) => part !== undefined).join(":");
  const lines = [`${place ? `${place}: ` : ""}error[${rule}]: ${what}`];
  if (why) lines.push(`  why: ${why}`);
  if (fix) lines.push(`  fix: ${fix}`);
  return lines.join("\n");
}

/** Shorthand for the common case of a single problem. */
export function userError(rule: string, what: string, more: Omit<Problem, "rule" | "what"> = {}, exitCode?: ExitCode) {
  return new UserError([{ rule, what, ...more }], exitCode);
}
