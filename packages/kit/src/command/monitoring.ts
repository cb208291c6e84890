import { type AlertGroup, type Board, plainText } from '../alerts/index.ts';
import { counted, table } from '../index.ts';
import type { Io } from './io.ts';
import { newFolder, writeFolder } from './new-folder.ts';
import { lines, print } from './print.ts';

/** Prints alerts: a table for people, or the records as JSON. */
export function printAlerts(io: Io, json: boolean | undefined, groups: readonly AlertGroup[]): void {
  print(io, json, groups, () => {
    const rows = groups.flatMap(({ alerts }) =>
      alerts.map(({ name, severity, for: wait, summary }) => [name, severity, wait, plainText(summary)]),
    );
    return `${table(['alert', 'severity', 'for', 'says'], rows)}\n`;
  });
}

/** Writes boards into a new folder, each to a file of its uid, and prints their titles. */
export function writeBoards(io: Io, out: string, json: boolean | undefined, boards: readonly Board[]): void {
  const folder = newFolder(io, out);
  writeFolder(folder, new Map(boards.map((board) => [`${board.uid}.json`, boardText(board)])));
  const dashboards = boards.map(({ uid, title, panels }) => ({
    file: `${uid}.json`,
    title,
    panels: panels.filter(({ type }) => type !== 'row').length,
  }));
  print(io, json, { folder, dashboards }, () =>
    lines([
      ...dashboards.map(({ file, title, panels }) => `${file}  ${title}, ${counted(panels, 'panel')}`),
      `in ${folder}`,
    ]),
  );
}

/** The text of a board. */
export const boardText = (board: Board): string => `${JSON.stringify(board, null, 2)}\n`;
