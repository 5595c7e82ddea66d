/** One word of Tcl that means `text` and nothing else: no substitution, no end of the command. */
export function tclWord(text: string): string {
  if (/^[A-Za-z0-9_.:/+-]+$/.test(text)) return text;
  const quoted = text.replace(/[^ !#%-Z^-z|~]/g, escaped);
  return `"${quoted}"`;
}

/** Braces too: a quoted word may stand in a braced body, where they must pair. Four hex digits end \u, whatever follows. */
function escaped(character: string): string {
  if (/[\\"$[\]{}]/.test(character)) return `\\${character}`;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A command that gives a list of words, or of what was printed before. */
export const tclList = (words: readonly string[]) => `[list ${words.join(" ")}]`;
