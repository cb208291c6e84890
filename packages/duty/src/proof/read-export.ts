import { createHash, type Hash } from 'node:crypto';
import {
  decodeLine,
  type EndLine,
  type HeaderLine,
  LINE_KINDS,
  type Line,
  type LineKind,
  MAX_LINE_BYTES,
} from '../service/ledger/lines.ts';
import { walkChanges } from './changes.ts';
import type { Refuse } from './entry.ts';
import { ExportFault } from './faults.ts';

/** An export to be read: its name, for messages, and its bytes. */
export interface ExportInput {
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Takes the lines of one export after its header, in their order. A line that it cannot use it refuses with a
 * fault made by `refuse`.
 */
type TakeLine = (line: BodyLine, of: { readonly header: HeaderLine; readonly refuse: Refuse }) => void;

/** The first line of an export, and the SHA-256 of its last one. */
export type WholeExport = HeaderLine & Pick<EndLine, 'sha256'>;

export type BodyLine = Exclude<Line, HeaderLine | EndLine>;

const REMEDY = 'Export again from the service, and move the file unchanged.';
const NEWLINE = 10;

/**
 * Read one export and hand its lines on. Throws {@link ExportFault} on a file that is not an export,
 * was cut off, or differs from the one that was written. The checksum is known at the end only, so a
 * caller uses what it collected only after this settles.
 */
export async function readExport({ name, bytes }: ExportInput, taken: TakeLine): Promise<WholeExport> {
  const reader = createReader(name, taken);
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of bytes) {
    const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = joined.indexOf(NEWLINE, start); end >= 0; end = joined.indexOf(NEWLINE, start)) {
      reader.take(joined.subarray(start, end + 1));
      start = end + 1;
    }
    rest = joined.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw reader.refuse(`the line is longer than ${MAX_LINE_BYTES} bytes`);
  }
  if (rest.length > 0) throw reader.refuse('the file ends in the middle of a line');
  return reader.finish();
}

interface Read {
  number: number;
  header: HeaderLine | null;
  end: EndLine | null;
  stage: number;
  readonly counts: Map<LineKind, number>;
  readonly changes: ReturnType<typeof walkChanges>;
}

function createReader(name: string, taken: TakeLine) {
  const sha = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const read: Read = {
    number: 1,
    header: null,
    end: null,
    stage: 0,
    counts: new Map(),
    changes: walkChanges(),
  };
  const refuse = (why: string) =>
    new ExportFault(
      'export-unreadable',
      `${name}, line ${read.number}`,
      `the export cannot be read: ${why}`,
      REMEDY,
    );

  function textOf(bytes: Uint8Array): string {
    try {
      return decoder.decode(bytes.subarray(0, -1));
    } catch {
      throw refuse('the line is not UTF-8 text');
    }
  }

  function take(bytes: Uint8Array): void {
    const found = decodeLine(textOf(bytes));
    if (!found.ok) throw refuse(found.why);
    if (read.end !== null) throw refuse('there are lines after the last one');
    if (found.line.kind === 'end') checkEnd(found.line, read, sha, refuse);
    else sha.update(bytes);
    place(found.line, read, taken, refuse);
    read.number += 1;
  }

  function finish(): WholeExport {
    if (read.header === null) throw refuse('the file is empty');
    if (read.end === null) throw refuse('its last line is missing: the file was cut off');
    return { ...read.header, sha256: read.end.sha256 };
  }
  return { take, refuse, finish };
}

function place(line: Line, read: Read, taken: TakeLine, refuse: Refuse): void {
  if (read.header === null) {
    if (line.kind !== 'header') throw refuse('the first line is not the header of an export');
    read.header = line;
    return;
  }
  if (line.kind === 'header') throw refuse('there is a second header');
  if (line.kind === 'change') read.changes.next(line, refuse);
  else read.changes.end(refuse);
  if (line.kind === 'end') {
    read.end = line;
    return;
  }
  const stage = LINE_KINDS.indexOf(line.kind);
  if (stage < read.stage) throw refuse(`a line of kind ${line.kind} stands too late`);
  read.stage = stage;
  read.counts.set(line.kind, (read.counts.get(line.kind) ?? 0) + 1);
  taken(line, { header: read.header, refuse });
}

function checkEnd(end: EndLine, read: Read, sha: Hash, refuse: Refuse): void {
  for (const kind of LINE_KINDS) {
    const [written = 0, found = 0] = [end.counts[kind], read.counts.get(kind)];
    if (written !== found)
      throw refuse(`it holds ${found} lines of kind ${kind}, and ${written} were written`);
  }
  if (sha.digest('hex') !== end.sha256)
    throw refuse(
      'its SHA-256 differs from the one in its last line: the file was changed after it was written',
    );
}
