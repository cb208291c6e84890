import { hash as digestOf } from 'node:crypto';
import { type Change, type ChangeLink, FIRST_PREV } from '../../rule/index.ts';
import { decodeRecord, encodeRecord, type RecordOf } from './records.ts';

/** The last change of a chain, as its pointer in the store names it. */
export type Pointer = RecordOf<'pointer'>;

/** The next change of a chain: its record, and the pointer to it. */
export function nextChange(before: Pointer | null, what: Omit<Change, 'prev' | 'version'>) {
  const version = (before?.version ?? 0) + 1;
  const text = encodeRecord('change', { ...what, version, prev: before?.versionId ?? FIRST_PREV });
  const pointer: Pointer = { versionId: digestOf('sha256', text), version };
  return { text, pointer, pointerText: encodeRecord('pointer', pointer) };
}

/**
 * The chains in these records, each from its first change to the one that its pointer names. A change that is
 * not there, or not the one that its name says, ends a chain early: a reader of the chain refuses it. Changes
 * are never deleted, so `pause` lets claims be answered before each chain and within a long one.
 */
export async function chainsIn(texts: ReadonlyMap<string, string>, pause: () => Promise<void>) {
  const chains: ChangeLink[][] = [];
  for (const [recordKey, pointerText] of texts) {
    if (!recordKey.endsWith('/current')) continue;
    const { versionId } = decodeRecord('pointer', pointerText);
    const links: ChangeLink[] = [];
    for (let hash = versionId; links.length < texts.size; ) {
      const text = texts.get(recordKey.replace(/current$/, `version/${hash}`));
      if (text === undefined) break;
      if (links.length % 32 === 0) await pause();
      const change = { v: 1 as const, ...decodeRecord('change', text) };
      links.push({ change, hash, newest: hash === versionId });
      hash = change.prev;
    }
    chains.push(links.reverse());
  }
  return chains.flat();
}
