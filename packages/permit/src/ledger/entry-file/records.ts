import type { SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import { markName } from '../../kept-names.ts';
import { decisionOfValues, decisionValues, type NewDecision } from '../decisions.ts';
import type { EntryRow } from '../entries.ts';
import { DamagedEntry } from '../faults.ts';
import { fieldsOfBody } from '../points.ts';
import type { Work } from '../writer.ts';
import { decodeContent, encodeContent, type FrameRecord } from './frames.ts';

/**
 * The rows of a group as the content of a frame: every entry, then every decision. Throws a TypeError on a
 * decision that the tables could not hold later.
 */
export function contentOf(works: readonly Work[]): Buffer {
  const entries = works.flatMap(({ rows }) =>
    rows.map(({ hash, body }): FrameRecord => ({ kind: 'entry', hash, body })),
  );
  const decisions = works.flatMap((work) =>
    work.decisions.map((decision): FrameRecord => ({ kind: 'decision', text: decisionText(decision) })),
  );
  return encodeContent([...entries, ...decisions]);
}

/** The rows of a frame. Throws {@link DamagedEntry} if its bytes are not those that were written. */
export function workOfContent(content: Buffer): Work {
  const records = decodeContent(content);
  return {
    rows: records.flatMap((record) => (record.kind === 'entry' ? [rowOfBody(record)] : [])),
    decisions: records.flatMap((record) => (record.kind === 'decision' ? [readDecision(record.text)] : [])),
    words: [],
  };
}

const placeShape = z.object({ chain: z.string(), key: z.string(), duty: z.string(), prev: z.string() });

function rowOfBody({ hash, body }: { readonly hash: string; readonly body: string }): EntryRow {
  const fields = fieldsOfBody(body, hash);
  const place = placeShape.safeParse(JSON.parse(body));
  if (!place.success) throw new DamagedEntry(`entry ${hash} of the entry file names no mark`);
  const { chain, key, duty, prev } = place.data;
  return { ...fields, mark: markName(chain, key, duty), prev, body };
}

function decisionText(decision: NewDecision): string {
  const values = decisionValues(decision);
  if (!values.every(isPlain)) throw new TypeError('a decision has a value that is no text and no number');
  return JSON.stringify(values);
}

function isPlain(value: SQLInputValue): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number';
}

const valuesShape = z.array(z.union([z.string(), z.number(), z.null()]));

function readDecision(text: string): NewDecision {
  const values = valuesShape.safeParse(JSON.parse(text));
  if (!values.success) throw new DamagedEntry('a decision in the entry file is not readable');
  return decisionOfValues(values.data);
}
