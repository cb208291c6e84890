import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from '@watchbill/duty/service';
import { ROOT } from '../pinned.mjs';
import { code, page, table } from './markdown.mjs';

/** Codes that the core of the service throws; the document of the moment has the detail and the remedy. */
const FAULTS = {
  changed: 'The record changed meanwhile. The service wrote no change: look at the record again and repeat.',
  'floor-missing': 'An adoption names no floor for an enabled duty.',
  'ledger-not-made': 'No ledger could be made in an empty store: look at the health of the store.',
  malformed: 'A value does not have its form; the detail names it. The service recorded no change.',
  'meaning-changed':
    'The policy changes how units are counted: send it with new floors, `watchbill adopt --policy FILE`.',
  'invalid-query': 'The key signs on several chains and the query names none, or `before` is not a unit.',
  'not-frozen': 'None of the named keys is frozen; `watchbill status` shows the mode of each key.',
  'not-listed': 'The chain and key have no policy, or the policy does not list the node.',
  'not-observer': 'The reporter is neither a listed node nor an observer of the chain.',
  'not-ready': 'The watch cannot go to a node that has not reported that it is fit.',
  'not-serving': 'The service does not grant now, so it does not change the ledger either: ask another one.',
  'other-ledger': 'The proof is of another ledger than that of this service.',
  'relief-late': 'The node on watch did not finish the units it had entered; the watch stays.',
  'called-off': 'The request of a hand-over ended before the watch moved; the old holder keeps the watch.',
  'report-held':
    'A rollback report forbids the adoption: its floors are too low, or a report is not stored yet.',
  'report-released': 'The rollback report is released already; the service made no change.',
  'report-unknown': 'No rollback report has this id; `watchbill rollback-report list` shows them.',
  'report-unreadable': 'A newer release wrote the rollback report: release it with that release.',
  'service-changed': 'The record of the service changed meanwhile: look at it and ask again.',
  'service-removed': 'A removed service stays removed: start it with a new data directory.',
  'service-self': 'A service does not remove itself: ask another one.',
  'service-serving':
    'The service serves already. A rollback report is released with `watchbill rollback-report release`.',
  'service-unknown': 'No service has this id; `watchbill service list` shows them.',
  'session-too-long':
    'The session of the service would live longer than half a minute: make `session.ttlMs` smaller.',
  'store-behind': 'The store is not the one of this data directory, or lost what it held.',
  'store-unavailable': 'The store did not answer: it is not certain whether the change was written.',
  'too-many-in-flight':
    'Too many claims of this node, or of all nodes, are under way; the detail has both numbers. Wait for the seconds in Retry-After, or ask another service.',
  'token-unknown': 'No token has this id; `watchbill token list` shows them.',
};

/** docs/duty/reference/problems.md */
export function problemsPage() {
  return page('Problems', [
    'An HTTP request that fails is answered with a document of type `application/problem+json` (RFC 9457). Beside `type`, `title`, `status` and `detail` it has `code` and `remedy`. The outcome of a claim is not a problem, with one exception: `unknown` comes with status 503 and the whole reply in the document. [Reasons](reasons.md) lists the outcomes.',
    'The [original wire protocol](http.md#original-wire-protocol) has no documents: its body is always `true` or `false`.',
    '## Of the request',
    table(
      ['code', 'status', 'meaning', 'what to do'],
      Object.entries(PROBLEMS).map(([name, { status, title, remedy }]) => [
        code(name),
        status,
        `${title.replace(/\.$/, '')}.`,
        remedy,
      ]),
    ),
    '## Of what was asked for',
    'These come from the service itself; `detail` and `remedy` of the document say more.',
    table(
      ['code', 'status', 'meaning'],
      [...thrown()].map(([name, statuses]) => [code(name), [...statuses].sort().join(', '), meaningOf(name)]),
    ),
  ]);
}

function meaningOf(name) {
  const meaning = FAULTS[name];
  if (meaning === undefined) throw new Error(`scripts/reference/problems.mjs has no meaning for ${name}`);
  return meaning;
}

/** Every code that stands with its status in the sources of the core, so that none is forgotten here. */
function thrown() {
  const found = new Map();
  const files = globSync('packages/duty/src/service/{*,!(http|ledger|net)/**/*}.ts', { cwd: ROOT }).sort();
  for (const file of files.filter((name) => !name.endsWith('.test.ts'))) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const [, name, status] of text.matchAll(/'([a-z][a-z-]+)',\s*(4\d\d|503),/g)) {
      found.set(name, (found.get(name) ?? new Set()).add(status));
    }
  }
  const unused = Object.keys(FAULTS).filter((name) => !found.has(name));
  if (unused.length > 0) throw new Error(`no source throws ${unused.join(', ')} any more`);
  return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
}
