import { chainOfChange } from '../rule/index.ts';
import {
  type ChangeLine,
  type DecisionLine,
  type EntryLine,
  type HeaderLine,
  type HeadLine,
  type MarkLine,
  markName,
  type Place,
  padded,
  type WordLine,
} from '../service/ledger/lines.ts';
import { dutyOf, type Refuse, readEntry, stepOf, unitOf } from './entry.ts';
import { ExportFault } from './faults.ts';
import type { Findings } from './findings.ts';
import { higher } from './lineage.ts';
import type { BodyLine } from './read-export.ts';
import type { Workspace } from './workspace.ts';

/** An export that was read. */
export interface LoadedExport {
  readonly name: string;
  readonly header: HeaderLine;
}

/** Throws an {@link ExportFault} if an export is of another ledger than the first one. */
export function refuseOtherLedger(
  first: LoadedExport | undefined,
  { ledger }: HeaderLine,
  name: string,
): void {
  if (first === undefined || first.header.ledger === ledger) return;
  throw new ExportFault(
    'export-foreign',
    name,
    `this export is of ledger ${ledger}, and ${first.name} is of ledger ${first.header.ledger}`,
    'Give exports of one ledger.',
  );
}

interface Taking {
  readonly workspace: Workspace;
  readonly findings: Findings;
  readonly header: HeaderLine;
  readonly index: number;
  readonly refuse: Refuse;
}

/** Write a line of an export into the workspace. */
export function takeLine(taking: Taking, line: BodyLine): void {
  if (line.kind === 'entry') takeEntry(taking, line);
  else if (line.kind === 'head') takeHead(taking, line);
  else if (line.kind === 'mark') takeMark(taking, line);
  else if (line.kind === 'decision') takeDecision(taking, line);
  else if (line.kind === 'change') takeChange(taking, line);
  else takeWord(taking, line);
}

function takeEntry(taking: Taking, line: EntryLine): void {
  const { workspace, findings, header, refuse } = taking;
  const { hash } = line;
  const { mark, entry, isAltered } = readEntry(line, refuse);
  const place = { mark, epoch: entry.epoch, seqs: [entry.seq, entry.seq] as const, hashes: [hash] };
  if (isAltered) {
    const text = `entry ${entry.seq} of the export of ${header.service} does not have the hash ${hash}: its text was changed`;
    findings.add('entry-altered', text, place);
    return;
  }
  if (entry.ledger !== header.ledger) {
    findings.add('entry-foreign', `entry ${entry.seq} belongs to ledger ${entry.ledger}`, place);
    return;
  }
  const id = workspace.idOf('marks', mark);
  const { seq, prev, kind, unit, window: win } = stepOf(entry, hash);
  const epoch = workspace.idOf('epochs', entry.epoch);
  const isNew = workspace.add('entries', { mark: id, epoch, seq, hash, prev, kind, unit, win });
  workspace.add('policies', { mark: id, epoch, policy: entry.policyVersion, seq });
  if (!isNew || kind === 'adopt') return;
  if (unit === null || entry.owner === null) throw refuse('a grant without a unit or an owner');
  const { node, incarnation } = entry.owner;
  for (const part of entry.parts) {
    const digest = part === 'enter' ? '' : (entry.digest ?? '');
    workspace.add('grants', { mark: id, unit, part, digest, hash, store: 0, node, incarnation });
  }
}

function takeHead(taking: Taking, line: HeadLine): void {
  dutyOf(line.duty, taking.refuse);
  addPoint(taking, line, { store: 0, at: line, floor: null, top: null });
}

interface Point {
  readonly store: 0 | 1;
  readonly at: { readonly epoch: string; readonly seq: string; readonly hash: string };
  readonly floor: string | null;
  readonly top: string | null;
}

function addPoint({ workspace, index }: Taking, place: Place, { at, ...point }: Point): void {
  const mark = workspace.idOf('marks', markName(place));
  const epoch = workspace.idOf('epochs', at.epoch);
  workspace.add('points', { mark, export: index, epoch, seq: BigInt(at.seq), hash: at.hash, ...point });
}

/** A mark of the store: its position, and its grants. */
function takeMark(taking: Taking, line: MarkLine): void {
  const { workspace, index, refuse } = taking;
  const duty = dutyOf(line.duty, refuse);
  const floor = line.floor === null ? null : padded(unitOf(duty, line.floor, refuse));
  let top = floor;
  const mark = workspace.idOf('marks', markName(line));
  for (const { unit: text, node, incarnation, parts } of line.recent) {
    const unit = padded(unitOf(duty, text, refuse));
    top = higher(top, unit);
    const row = { mark, unit, hash: `store ${index}`, store: 1, node, incarnation };
    for (const { part, digest } of parts)
      workspace.add('grants', { ...row, part, digest: digest?.slice(2) ?? '' });
  }
  addPoint(taking, line, { store: 1, at: line.head, floor, top });
}

function takeDecision({ workspace, header, refuse }: Taking, line: DecisionLine): void {
  const { id, duty, node, incarnation } = line;
  const unit = padded(unitOf(dutyOf(duty, refuse), line.unit, refuse));
  const mark = workspace.idOf('marks', markName(line));
  const fresh = line.reason === 'new' ? 1 : 0;
  for (const part of line.parts) {
    const digest = part === 'enter' ? '' : (line.digest?.slice(2) ?? '');
    const row = { mark, unit, part, digest, fresh, node, incarnation, service: header.service, id };
    workspace.add('decisions', row);
  }
}

function takeChange({ workspace }: Taking, { change, hash }: ChangeLine): void {
  workspace.add('changes', { hash, chain: chainOfChange(change), version: change.version });
}

const KEEP_WORD = `INSERT INTO words (service, id, text, how, by, reason, atMs, exportedMs) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET exportedMs = max(exportedMs, excluded.exportedMs)`;

function takeWord({ workspace, header }: Taking, { id, text, release }: WordLine): void {
  const { how, by, reason, atMs } = release ?? { how: '', by: '', reason: '', atMs: 0 };
  workspace.sql(KEEP_WORD).run(header.service, id, text, how, by, reason, atMs, header.atMs);
}
