/** Lines and toggles of a module that its bench has seen, of those that there are. */
export interface Coverage {
  line: { seen: number; of: number };
  toggle: { seen: number; of: number };
  /** Points that no bench has seen: `file:line kind what`. */
  unseen: string[];
}

/** One point of the source over all its instances: Verilator's fields are separated by \u0001 and \u0002. */
function parsePoint(line: string) {
  const [, text, count] = /^C '(.*)' (\d+)$/.exec(line) ?? [];
  if (text === undefined) return undefined;
  const fields = new Map(
    text
      .split("\u0001")
      .filter(Boolean)
      .map((field) => field.split("\u0002") as [string, string]),
  );
  const [kind] = fields.get("page")!.split("/");
  const file = fields.get("f")!;
  const key = ["f", "l", "n", "page", "o", "S"].map((name) => fields.get(name)).join(" ");
  const place = `${file}:${fields.get("l")} ${kind.slice(2)} ${fields.get("o")}`;
  return { file, kind, key, place, count: Number(count) };
}

/**
 * What benches have seen of each module, by its name; a branch is a line.
 * @param texts of coverage files; points of one place count together
 */
export function countCoverage(texts: readonly string[]): Map<string, Coverage> {
  const points = new Map<string, NonNullable<ReturnType<typeof parsePoint>>>();
  for (const text of texts) {
    for (const line of text.split("\n")) {
      const point = parsePoint(line);
      if (!point) continue;
      const known = points.get(point.key);
      if (known) known.count += point.count;
      else points.set(point.key, point);
    }
  }
  const modules = new Map<string, Coverage>();
  for (const { file, kind, place, count } of points.values()) {
    const module = file.replace(/^.*\/|\.sv$/g, "");
    const coverage = modules.get(module) ?? { line: { seen: 0, of: 0 }, toggle: { seen: 0, of: 0 }, unseen: [] };
    modules.set(module, coverage);
    const part = kind === "v_toggle" ? coverage.toggle : coverage.line;
    part.of++;
    if (count > 0) part.seen++;
    else coverage.unseen.push(place);
  }
  return modules;
}
