/**
 * The items that no other one beats (Pareto's front), in their order; of equal ones the first.
 * @param costs of an item, each the better the smaller it is; as many for all
 */
export function paretoFront<T>(items: readonly T[], costs: (item: T) => readonly number[]): T[] {
  const left = items.map((item, at) => ({ item, at, costs: costs(item) }));
  // What beats another comes before it.
  left.sort((a, b) => compareInOrder(a.costs, b.costs) || a.at - b.at);
  const front: typeof left = [];
  for (const one of left) {
    if (!front.some((other) => other.costs.every((value, i) => value <= one.costs[i]))) front.push(one);
  }
  return front.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

/** By the first numbers that differ, as `sort` wants it. */
export function compareInOrder(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}
