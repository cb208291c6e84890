import { policyName } from '../keys.ts';
import { decodeRecord, encodeRecord } from '../records.ts';
import type { Freed, Report } from './report.ts';

/**
 * Records of the last release: one for each node, without a word. Held ones stay in force. While services of
 * that release may run (format 1), each report is also written as such a record, so that they hold it too.
 */

const MIRROR = 'rollback report ';
const LAST_RELEASE = 'last-release';

/** Throws a RecordError for a text that is no such record. */
export function decodeNodeRecord(text: string): Report {
  const { service, node, incarnation, state, why, missing, freed } = decodeRecord('doubt', text);
  const held = state === 'held';
  return {
    service,
    node,
    incarnation,
    why,
    word: null,
    missing,
    state: held ? 'held' : 'released',
    freed: freed.map(freedOf),
    released: held ? null : { how: 'operator', by: LAST_RELEASE, reason: missing, atMs: 0 },
  };
}

export function encodeNodeRecord({ service, node, incarnation, why, ...rest }: Report): string {
  const { state, released } = rest;
  const missing = released === null ? rest.missing : `released (${released.how}) by ${released.by}`;
  return encodeRecord('doubt', {
    service,
    node,
    incarnation,
    state: state === 'held' ? 'held' : 'vouched',
    why,
    missing,
    // The last release writes no keys into a record that holds none.
    freed: state === 'held' ? rest.freed.map(policyName) : [],
  });
}

/** A record for services of the last release, which holds while the report of the id holds. */
export function mirrorOf(report: Report, id: string, freed: readonly Freed[]): Report {
  const { service, node, incarnation, why } = report;
  const missing = `${MIRROR}${id}`;
  return { service, node, incarnation, why, word: null, missing, state: 'held', freed, released: null };
}

/**
 * The id of the report that this record stands for; null for a record that a service of the last release
 * wrote.
 */
export function mirroredId({ word, missing }: Report): string | null {
  return word === null && missing.startsWith(MIRROR) ? missing.slice(MIRROR.length) : null;
}

/** Chains and keys are hex, so the one space parts them. */
function freedOf(name: string): Freed {
  const [chain = '', key = ''] = name.split(' ');
  return { chain, key, adoption: LAST_RELEASE };
}
