import type { IpAddress } from '../address/ip.ts';
import { shown } from '../candidates/finding.ts';
import type { FoundPlace } from './port.ts';
import { indexRanges, type Range, type RangeIndex, saidOf } from './ranges.ts';
import {
  COLUMNS,
  type Column,
  csvFields,
  placeReader,
  type RowRead,
  readCsvRow,
  readRangeRow,
} from './table-rows.ts';

/** A table in memory. */
export interface PlaceTable {
  readonly rowCount: number;
  readonly placeOf: (address: IpAddress) => FoundPlace | null;
}

export interface TableProblem {
  readonly line: number;
  readonly message: string;
  readonly remedy: string;
}

export type TableRead =
  | { readonly ok: true; readonly table: PlaceTable }
  | { readonly ok: false; readonly problems: readonly TableProblem[] };

export const TABLE_LIMITS = { rows: 1_000_000, problems: 10 } as const;
/** Yields to other work after so many lines. */
const LINES_AT_ONCE = 5_000;

/**
 * Reads a table: CSV with or without a header, or ranges separated by tabs. Of nested networks the smallest
 * wins. One invalid line refuses the whole table, because a partial table would give wrong places.
 */
export async function readTable(
  text: string,
  limits: { readonly rows: number } = TABLE_LIMITS,
): Promise<TableRead> {
  const book = rowBook(limits.rows);
  for (const { line, content } of linesOf(text)) {
    if (line % LINES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    if (content.trim() !== '' && !content.startsWith('#')) book.take(line, content);
    if (book.isFull()) break;
  }
  const { problems, ranges, places } = book;
  const rows = ranges[4].length + ranges[6].length;
  if (rows === 0 && problems.length === 0)
    problems.push({
      line: 1,
      message: 'the table has no network',
      remedy: 'write network,country,asn,provider in each line',
    });
  return problems.length > 0 ? { ok: false, problems } : tableOf(ranges, places.all, rows);
}

/** Collects rows and problems, line by line. */
function rowBook(mostRows: number) {
  const problems: TableProblem[] = [];
  const ranges: Record<4 | 6, Range[]> = { 4: [], 6: [] };
  const places = placeNumbers();
  let reader: LineReader | null = null;
  const takeRow = (line: number, read: RowRead): void => {
    if ('message' in read) problems.push({ line, ...read });
    if ('message' in read || read.row === null) return;
    const { family, from, to, place } = read.row;
    ranges[family].push({ from, to, line, says: places.numberOf(place) });
    if (ranges[4].length + ranges[6].length <= mostRows) return;
    const remedy = 'leave out those that you do not need';
    problems.push({ line, message: `more than ${mostRows} networks`, remedy });
  };
  return {
    ...{ problems, ranges, places },
    isFull: () => problems.length >= TABLE_LIMITS.problems || ranges[4].length + ranges[6].length > mostRows,
    take: (line: number, content: string): void => {
      const isFirst = reader === null;
      reader ??= readerOf(content);
      if (isFirst && reader.problem !== null) problems.push({ line, ...reader.problem });
      if (!isFirst || !reader.isNames) takeRow(line, reader.read(content));
    },
  };
}

function tableOf(
  ranges: Record<4 | 6, readonly Range[]>,
  places: readonly FoundPlace[],
  rowCount: number,
): TableRead {
  const [four, six] = [indexRanges(ranges[4]), indexRanges(ranges[6])];
  const problems = [...four.clashes, ...six.clashes].map(({ line, other, how }) => ({
    line,
    ...(how === 'same'
      ? { message: `line ${other} has the same network`, remedy: 'keep one of them' }
      : {
          message: `it overlaps the range of line ${other} in part`,
          remedy: 'divide it, so that one range is inside the other or outside of it',
        }),
  }));
  if (problems.length > 0)
    return {
      ok: false,
      problems: problems.toSorted((a, b) => a.line - b.line).slice(0, TABLE_LIMITS.problems),
    };
  const indices: Record<4 | 6, RangeIndex> = { 4: four.index, 6: six.index };
  const placeOf = ({ family, value }: IpAddress) => places[saidOf(indices[family], value)] ?? null;
  return { ok: true, table: { rowCount, placeOf } };
}

/** Each place by a number. */
function placeNumbers() {
  const numbers = new Map<FoundPlace, number>();
  const all: FoundPlace[] = [];
  return {
    all,
    numberOf: (place: FoundPlace): number => {
      const known = numbers.get(place);
      if (known !== undefined) return known;
      numbers.set(place, all.length);
      all.push(place);
      return all.length - 1;
    },
  };
}

interface LineReader {
  /** The first line names columns. */
  readonly isNames: boolean;
  readonly problem: { readonly message: string; readonly remedy: string } | null;
  readonly read: (content: string) => RowRead;
}

/** Detects the format of the table by its first line. */
function readerOf(first: string): LineReader {
  const placeOf = placeReader();
  if (first.includes('\t'))
    return { isNames: false, problem: null, read: (line) => readRangeRow(line.split('\t'), placeOf) };
  const names = (csvFields(first) ?? []).map((name) => name.trim().toLowerCase());
  const isNames = names.includes('network');
  const columns = isNames ? names.filter((name): name is Column => isColumn(name)) : COLUMNS;
  const strange = names.find((name, at) => !isColumn(name) || names.indexOf(name) !== at);
  const remedy = `name each of ${COLUMNS.join(', ')} at most once`;
  const problem =
    isNames && strange !== undefined
      ? { message: `${shown(strange)} is not a column, or is named twice`, remedy }
      : null;
  return {
    isNames,
    problem,
    read: (line) => {
      const fields = csvFields(line);
      if (fields !== null) return readCsvRow(fields, columns, placeOf);
      return {
        message: 'a double quote is not closed, or is within a field',
        remedy: 'write "" for a double quote within quotes',
      };
    },
  };
}

function isColumn(name: string): name is Column {
  return (COLUMNS as readonly string[]).includes(name);
}

function* linesOf(text: string): Generator<{ readonly line: number; readonly content: string }> {
  let line = 1;
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; line += 1) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    yield { line, content: text.slice(at, text[stop - 1] === '\r' && stop > at ? stop - 1 : stop) };
    at = stop + 1;
  }
}
