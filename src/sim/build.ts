import { createHash, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import type { GeneratedFile } from "../emit/emitter.ts";
import { writeFailed } from "../output/file.ts";
import { endOnInterrupt, onInterrupt, ownGroup } from "../output/interrupt.ts";
import { tryLock } from "../output/lock.ts";
import { ExitCode, UserError, userError } from "../problem.ts";
import { cacheFolder, makeCacheFolder } from "./cache.ts";
import { logTail } from "./machine.ts";
import { findTool, judgeVersion, toolMissing } from "./tools.ts";

/** A tool call, run in the build's folder. */
export interface Command {
  tool: string;
  args: readonly string[];
}

export interface Build {
  /** All inputs: the folder holds nothing else. */
  files: readonly GeneratedFile[];
  /** Run one after the other. */
  commands: readonly Command[];
  /** Path of what is built, in the folder. */
  product: string;
  /** Hash of inputs outside the folder (system headers); part of the key. */
  outside?: string;
}

/** Runs the work of a build that the cache does not have, and may say so. */
export type AroundBuild = (work: () => Promise<void>) => Promise<void>;

/**
 * Builds once: the same tool versions, flags and file contents give the folder that was built before.
 * @returns path of the product
 * @throws UserError, exit code 3 where a tool is missing or too old, 4 where one fails
 */
export async function cachedBuild(build: Build, around: AroundBuild = (work) => work()): Promise<string> {
  const folder = join(cacheFolder(), await buildKey(build));
  const product = join(folder, build.product);
  if (!(await exists(product))) await around(() => buildInto(folder, product, build));
  return product;
}

async function buildInto(folder: string, product: string, build: Build): Promise<void> {
  const beside = `${folder}.${randomUUID()}`;
  makeCacheFolder(beside);
  const remove = () => rmSync(beside, { recursive: true, force: true });
  const forget = onInterrupt(remove);
  const lock = await tryLock(beside); // against `bfq clean`
  try {
    await writeFiles(beside, build.files);
    for (const command of build.commands) await runTool(command, beside);
    await rename(beside, folder).catch(async (error) => {
      if (!(await exists(product))) throw writeFailed(folder, error); // else another process was first
    });
  } finally {
    remove();
    forget();
    await lock?.release();
  }
}

async function writeFiles(folder: string, files: readonly GeneratedFile[]): Promise<void> {
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  } catch (error) {
    throw writeFailed(folder, error);
  }
}

async function buildKey({ files, commands, product, outside }: Build): Promise<string> {
  const versions = await Promise.all(commands.map(toolVersion));
  const inputs = { versions, commands: commands.map(({ tool, args }) => [tool, ...args]), product, outside, files };
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex");
}

const versions = new Map<string, Promise<string>>();

function toolVersion({ tool: program }: Command): Promise<string> {
  const known = versions.get(program);
  if (known) return known;
  const version = goodVersion(program);
  versions.set(program, version);
  return version;
}

async function goodVersion(program: string): Promise<string> {
  const tool = findTool(program);
  const [asked, ...args] = tool?.version ?? [program, "--version"];
  const version = await runTool({ tool: asked, args });
  const problem = tool && judgeVersion(tool, version);
  if (problem) throw new UserError([problem], ExitCode.toolMissing);
  return version;
}

/** @returns what the tool printed. @throws UserError, exit code 3 where the tool isn't there, 4 where it fails */
export async function runTool({ tool, args }: Command, cwd?: string): Promise<string> {
  const child = execa(tool, args, {
    all: true,
    reject: false,
    ...ownGroup(),
    stdin: "ignore",
    // Verilator's makefiles refuse a folder with a space in its name, though all their paths are relative.
    env: { MAKEFLAGS: "-- CURDIR=." },
    ...(cwd && { cwd }),
  });
  endOnInterrupt(child);
  const result = await child;
  if (result.code === "ENOENT") throw toolMissing(tool);
  if (result.failed) {
    throw userError(
      "tool-failed",
      `${tool} ended with ${result.exitCode ?? result.signal}`,
      { why: logTail(result.all), fix: `the command was: ${result.command}` },
      ExitCode.toolFailed,
    );
  }
  return result.all;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
