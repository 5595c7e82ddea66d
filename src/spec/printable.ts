/** User text for an error message: one line, no control characters, not too long. */
export function printable(text: string, longest = 60): string {
  const short = text.length > longest ? `${text.slice(0, longest)}...` : text;
  // C0, DEL and C1 steer terminals; the bidirectional controls and line separators reorder what is read.
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
  });
}

/** What a value of a spec is, for "found ...". */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? `'${printable(value)}'` : printable(String(value));
}
