/** Longest rendering of a string from a file in a message. */
const SHOWN = 64;

/**
 * A string from an untrusted file, in quotes, for a message: nothing in it can move the cursor, reverse the text
 * or fill the screen. Anything invisible but the plain space becomes `\u{...}`.
 */
export function quote(text: string): string {
  let shown = "";
  for (const char of text) {
    const safe = char === " " || !/[\p{C}\p{Z}"\\]/u.test(char);
    const piece = safe ? char : `\\u{${char.codePointAt(0)!.toString(16)}}`;
    if (shown.length + piece.length > SHOWN - 3) return `"${shown}…"`;
    shown += piece;
  }
  return `"${shown}"`;
}

/** The `count` candidates with the fewest edits to `wanted`, nearest first. */
export function nearest(wanted: string, candidates: readonly string[], count: number): string[] {
  return candidates
    .map((name) => ({ name, edits: editDistance(wanted, name) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, count)
    .map(({ name }) => name);
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
