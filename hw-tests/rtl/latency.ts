import { readFileSync } from "node:fs";
import { templatesFolder } from "../../src/paths.ts";

const text = readFileSync(`${templatesFolder}/rtl/bfq_latency.sv`, "utf8");

/** Latencies are promised once, in the package bfq_latency; the benches are told here. */
export function latency(name: string): number {
  const value = new RegExp(`int ${name} = (\\d+);`).exec(text)?.[1];
  if (value === undefined) throw new Error(`bfq_latency has no ${name}`);
  return Number(value);
}
