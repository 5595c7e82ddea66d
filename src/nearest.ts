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

/** The `count` candidates with the fewest edits to `wanted`, nearest first. */
export function ranked(wanted: string, candidates: readonly string[], count: number): string[] {
  return candidates
    .map((name) => ({ name, edits: editDistance(wanted, name) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, count)
    .map(({ name }) => name);
}

/** The known word that `word` was probably meant to be, if one is near enough. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.slice(0, 64).toLowerCase();
  const edits = (candidate: string) => editDistance(lower, candidate.toLowerCase());
  const [best] = [...known].sort((a, b) => edits(a) - edits(b));
  return best !== undefined && edits(best) <= Math.max(2, Math.floor(lower.length / 3)) ? best : undefined;
}
