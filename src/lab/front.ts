/** A point whose `cost` and `loss` are both the better the smaller they are. */
export interface Point {
  cost: number;
  loss: number;
}

/** The points that no other one beats in both (Pareto's front), by cost; of equal ones the first. */
export function paretoFront<T extends Point>(points: readonly T[]): T[] {
  const sorted = points.toSorted((a, b) => a.cost - b.cost || a.loss - b.loss);
  let least = Infinity;
  return sorted.filter(({ loss }) => {
    if (loss >= least) return false;
    least = loss;
    return true;
  });
}
