/** What AMD's tools, bootgen, dtc, CMake and compilers put before what went wrong. */
const matters =
  /^\s*\[?(ERROR|CRITICAL WARNING|FATAL)\b|^CMake Error|^FATAL ERROR|^Error:|\berror: |timing (constraints|requirements) (are|were) not met/;

/** The lines of a log that say what went wrong, each once; its end where none does. */
export function linesThatMatter(log: string, most = 12): string {
  const lines = log.split("\n").map((line) => line.trimEnd());
  const wrong = [...new Set(lines.filter((line) => matters.test(line)))];
  if (wrong.length === 0) {
    const tail = lines.filter((line) => line !== "").slice(-most);
    return tail.length > 0 ? tail.join("\n") : "it said nothing";
  }
  // Errors say more than the critical warnings before them.
  const first = [
    ...wrong.filter((line) => !/CRITICAL WARNING/.test(line)),
    ...wrong.filter((line) => /CRITICAL WARNING/.test(line)),
  ];
  const more = first.length > most ? [`and ${first.length - most} more`] : [];
  return [...first.slice(0, most), ...more].join("\n");
}
