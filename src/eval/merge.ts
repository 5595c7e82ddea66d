/** Two neighbours that may become one; `text` tells whether they still are what they were. */
interface Pair {
  rank: number;
  left: number;
  right: number;
  text: string;
}

const isBefore = (a: Pair, b: Pair) => a.rank < b.rank || (a.rank === b.rank && a.left < b.left);

/** A binary heap: the pair of the lowest rank first, among equals the leftmost. */
class PairQueue {
  private readonly pairs: Pair[] = [];

  push(pair: Pair): void {
    const { pairs } = this;
    let at = pairs.push(pair) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(pair, pairs[parent]); parent = (at - 1) >> 1) {
      pairs[at] = pairs[parent];
      at = parent;
    }
    pairs[at] = pair;
  }

  pop(): Pair | undefined {
    const { pairs } = this;
    const first = pairs[0];
    const last = pairs.pop();
    if (last === undefined || last === first) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < pairs.length && isBefore(pairs[child + 1], pairs[child])) child++;
      if (child >= pairs.length || !isBefore(pairs[child], last)) break;
      pairs[at] = pairs[child];
      at = child;
    }
    pairs[at] = last;
    return first;
  }
}

/**
 * Joins neighbouring symbols, the pair of the lowest rank first, until no pair has a rank.
 * @param rank of the symbol that two would become; undefined where they stay apart
 */
export function mergePairs(symbols: string[], rank: (left: string, right: string) => number | undefined): string[] {
  const text = [...symbols];
  const next = text.map((_, i) => i + 1);
  const previous = text.map((_, i) => i - 1);
  const queue = new PairQueue();
  const offer = (left: number, right: number) => {
    if (left < 0 || right >= text.length) return;
    const found = rank(text[left], text[right]);
    if (found !== undefined) queue.push({ rank: found, left, right, text: text[left] + text[right] });
  };
  for (let i = 0; i + 1 < text.length; i++) offer(i, i + 1);
  for (let pair = queue.pop(); pair; pair = queue.pop()) {
    const { left, right } = pair;
    // Joined symbols are empty; one that grew has another text.
    if (text[left] === "" || text[right] === "" || text[left] + text[right] !== pair.text) continue;
    text[left] = pair.text;
    text[right] = "";
    next[left] = next[right];
    if (next[right] < text.length) previous[next[right]] = left;
    offer(previous[left], left);
    offer(left, next[left]);
  }
  return text.filter((symbol) => symbol !== "");
}
