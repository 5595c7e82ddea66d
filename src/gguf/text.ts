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
