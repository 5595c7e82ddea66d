import { constants } from "node:os";

/** The part of execa's subprocess that is needed here. */
interface Child extends PromiseLike<unknown> {
  pid?: number | undefined;
}

const cleanups = new Set<() => void>();
const groups = new Map<number, Promise<unknown>>();
let handled = false;
let interrupted = false;

/** Whether Ctrl-C or its like is ending this process: what fails now, fails because of that. */
export const isInterrupted = () => interrupted;

/**
 * Called where the process is interrupted, after its tools have ended; must be synchronous. What is written synchronously
 * needs none: a signal comes before or after it.
 * @returns takes it back
 */
export function onInterrupt(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * execa's options for a tool whose own children (compilers) shall end with it: a process group of its own. Where nobody
 * handles interrupts, in a program that uses the library, the terminal's Ctrl-C has to reach the tool by itself.
 */
export const ownGroup = () => ({ detached: handled, cleanup: !handled });

/** Ends a tool that was started with `ownGroup()`, and all that it started. */
export function endOnInterrupt(tool: Child): void {
  const { pid } = tool;
  if (pid === undefined || !handled) return;
  const ended = Promise.resolve(tool).then(
    () => {},
    () => {},
  );
  groups.set(pid, ended);
  void ended.then(() => groups.delete(pid));
}

/** From now on Ctrl-C, SIGTERM and a closed terminal end tools and clear up first. */
export function handleInterrupts(): void {
  handled = true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(signal));
}

async function end(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  process.exitCode = 128 + constants.signals[signal];
  signalGroups("SIGTERM");
  const patience = new Promise((done) => setTimeout(done, 2000));
  await Promise.race([Promise.all(groups.values()), patience]);
  signalGroups("SIGKILL");
  await Promise.all(groups.values());
  for (const cleanup of cleanups) {
    try {
      cleanup();
    } catch {
      // The next run finds what is left.
    }
  }
  process.exit();
}

function signalGroups(signal: "SIGTERM" | "SIGKILL"): void {
  for (const pid of groups.keys()) {
    try {
      process.kill(-pid, signal);
    } catch {
      // It has just ended.
    }
  }
}
