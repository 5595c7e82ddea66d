/**
 * Text of a user, a spec or a file, fit for a terminal, a page and a log: one line, nothing that moves the cursor, clears
 * the screen or turns the order of reading, and not too long. What is invisible but the plain space becomes `\u{...}`.
 */
export function printable(text: string, longest = 60): string {
  return escapeText(text, longest, /[\p{C}\p{Z}]/u);
}

/** The same in quotes; quotes and backslashes in it are escaped too. */
export function quote(text: string): string {
  return `"${escapeText(text, 61, /[\p{C}\p{Z}"\\]/u)}"`;
}

function escapeText(text: string, longest: number, unsafe: RegExp): string {
  let shown = "";
  for (const char of text) {
    const piece = char !== " " && unsafe.test(char) ? escapeCharacter(char) : char;
    if (shown.length + piece.length > longest) return `${shown}…`;
    shown += piece;
  }
  return shown;
}

const escapeCharacter = (char: string) => `\\u{${char.codePointAt(0)!.toString(16)}}`;

/** Lines that were put together of anything: what steers a terminal is escaped, whoever forgot to. */
export function safeLines(text: string): string {
  return text.replace(/[^\P{C}\n]|[\u2028\u2029]/gu, escapeCharacter);
}

/** What a value of a spec is, for "found ...". */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? `'${printable(value)}'` : printable(String(value));
}
