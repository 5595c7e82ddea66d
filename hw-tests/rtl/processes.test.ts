import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { templatesFolder } from "../../src/paths.ts";

/** IEEE 1800-2017, 9.2.2.4: what an always_ff writes no other process may write. Commercial tools refuse it; ours are silent. */
const folder = `${templatesFolder}/rtl`;

interface Process {
  kind: string;
  /** Opening words of the generate blocks around it. */
  scopes: string[];
  writes: string[];
}

/** Processes of a module and the variables that each writes. */
function processes(text: string): Process[] {
  const plain = text.replace(/\/\/.*$/gm, "").replace(/\bfor \([^;]*;[^;]*;[^;{]*?\)(?= |\n)/g, "for");
  const found: Process[] = [];
  const open: { header: string; process?: Process }[] = [];
  const words = /\b(always_ff|always_comb|always|initial|begin|end|case|endcase|function|endfunction)\b|;/g;
  let last = 0;
  let current: Process | undefined;
  for (const match of plain.matchAll(words)) {
    const [word] = match;
    const before = plain.slice(last, match.index);
    last = match.index + word.length;
    const target = /(?:^|\)|:|\belse\b|\bfor\b)\s*(?!else\b)([A-Za-z_]\w*)[^=;()]*<?=(?!=)/.exec(before.trim())?.[1];
    if (current && target && word === ";") current.writes.push(target);
    if (/^(always|initial)/.test(word)) {
      current = { kind: word, scopes: open.map(({ header }) => header), writes: [] };
      found.push(current);
    } else if (word === "begin" || word === "case" || word === "function") {
      open.push({ header: before.trim(), ...(current && { process: current }) });
    } else if (word.startsWith("end")) {
      open.pop();
      if (!open.some(({ process }) => process === current)) current = undefined;
    } else if (!open.some(({ process }) => process === current)) current = undefined;
  }
  return found;
}

/** Variables of an always_ff that another process, or another turn of a generate loop, writes too. */
function shared(text: string): string[] {
  const all = processes(text);
  const wrong = new Set<string>();
  for (const [index, { kind, writes, scopes }] of all.entries()) {
    if (kind !== "always_ff") continue;
    const loops = scopes.some((header) => header.startsWith("for"));
    for (const name of writes) {
      const isLocal = new RegExp(`^ {4,}[^;]*\\blogic\\b[^;]*\\b${name}\\b`, "m").test(text);
      const isOwnElement = [...text.matchAll(new RegExp(`\\b${name}(?:\\[([^\\]]*)\\])? <=`, "g"))].every(
        ([, index = ""]) => /^(i|k|l|1)$/.test(index), // a constant, or the loop's own
      );
      if (loops && !isLocal && !isOwnElement) wrong.add(name);
      const exclusive = (other: Process) =>
        other.scopes.join() !== scopes.join() && scopes.length > 0 && other.scopes.length > 0;
      if (all.some((other, at) => at !== index && other.writes.includes(name) && !exclusive(other))) wrong.add(name);
    }
  }
  return [...wrong];
}

it.each(readdirSync(folder).filter((name) => name.endsWith(".sv")))("%s: one process a variable", (name) => {
  expect(shared(readFileSync(`${folder}/${name}`, "utf8"))).toEqual([]);
});
