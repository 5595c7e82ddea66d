import { createHash } from "node:crypto";
import Handlebars from "handlebars";
import { copyTemplate, type GeneratedFile } from "../emit/emitter.ts";
import { OutputFolder } from "../output/folder.ts";
import { cell, labColumns, type Subject } from "./columns.ts";
import type { LabRow } from "./lab.ts";
import { drawPictures, type PictureName, pictureNames } from "./pictures.ts";

/** A lab as it is shown. */
export interface Shown {
  subject: Subject;
  /** Sizes of text and model in a sentence. */
  summary: string;
  rows: readonly LabRow[];
}

/** Why a format lacks figures, and what does not fit. */
export function labNotes({ rows, subject }: Shown): string[] {
  return rows.flatMap(({ format, noAccuracy, noHardware, hardware }) => [
    ...(noAccuracy === undefined ? [] : [`${format}, accuracy: ${noAccuracy}`]),
    ...(noHardware === undefined ? [] : [`${format}, hardware: ${noHardware}`]),
    ...(hardware && !hardware.fits ? [`${format}: its machine does not fit ${subject.board}`] : []),
  ]);
}

/** On which front a format is. */
export const frontOf = ({ bestForBits, bestForSpeed }: LabRow) =>
  [...(bestForBits ? ["bits"] : []), ...(bestForSpeed ? ["tok/s"] : [])].join(", ");

/** The report for programs: what `--json` prints, and lab.json. */
export const labJson = ({ subject, rows }: Shown) => ({
  ...subject,
  columns: labColumns(subject).map(({ key, title, source, how }) => ({ key, title, source, how })),
  rows,
});

const record = "lab.json";

const pageName = "index.html";

/** Takes a folder for a lab; nothing in it changes yet. @throws UserError where it isn't bfq's */
export const claimLab = (folder: string): Promise<OutputFolder> =>
  OutputFolder.claim(folder, {
    record,
    writes: [pageName, ...pictureNames.map(pictureFile)],
    force: false,
  });

const pictureFile = (name: PictureName) => `${name}.svg`;

/** Writes the page, its pictures and the report. @returns the files */
export async function writeLab(output: OutputFolder, shown: Shown): Promise<string[]> {
  const pictures = await drawPictures(shown.rows);
  const files: GeneratedFile[] = [
    { path: pageName, text: page(shown, Object.values(pictures)) },
    ...pictureNames.map((name) => ({ path: pictureFile(name), text: `${pictures[name]}\n` })),
  ];
  const hashes = files.map(({ path, text }) => [path, createHash("sha256").update(text).digest("hex")]);
  const report = { tool: "bfq", files: Object.fromEntries(hashes), ...labJson(shown) };
  output.replace([...files, { path: record, text: `${JSON.stringify(report, null, 2)}\n` }]);
  return [...files.map(({ path }) => path), record];
}

/** One file that needs no other: names of files and formats are escaped, pictures are ours. */
function page(shown: Shown, pictures: string[]): string {
  const { subject, summary, rows } = shown;
  const columns = labColumns(subject);
  const view = {
    ...subject,
    summary,
    pictures,
    columns,
    rows: rows.map((row) => ({ ...row, cells: columns.map((column) => cell(column, row)), front: frontOf(row) })),
    notes: labNotes(shown),
  };
  return Handlebars.compile(copyTemplate("lab/page.html.hbs"), { strict: true, knownHelpersOnly: true })(view);
}
