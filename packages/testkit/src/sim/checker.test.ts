import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaimReply } from '@watchbill/duty/service';
import { assertKept, findViolation } from './checker.ts';
import type { HistoryEvent, ReleaseEvent, ReplyEvent, ToldEvent } from './history.ts';

const one = '0x01';
const two = '0x02';

function replyOf(change: Partial<ClaimReply> = {}): ClaimReply {
  return {
    outcome: 'granted',
    reason: 'new',
    message: '',
    claimId: 'c',
    ledger: 'l',
    chain: 'chain',
    key: 'key',
    duty: 'babe',
    unit: '7',
    part: 'seal',
    digest: one,
    incarnation: 'i1',
    head: null,
    word: null,
    watch: null,
    ...change,
  };
}

function reply(change: Partial<ClaimReply> = {}, more: Partial<ReplyEvent> = {}): ReplyEvent {
  return { kind: 'reply', atMs: 0, service: 's', node: 'a', reply: replyOf(change), durable: true, ...more };
}

function told(change: Partial<ClaimReply> = {}, node = 'a'): ToldEvent {
  const answer = replyOf(change);
  return { kind: 'told', atMs: 0, node, incarnation: answer.incarnation, reply: answer };
}

function release(change: Partial<ReleaseEvent> = {}): ReleaseEvent {
  const act = { chain: 'chain', key: 'key', duty: 'babe', unit: '7', part: 'seal', digest: one };
  return { kind: 'release', atMs: 0, node: 'a', incarnation: 'i1', ...act, ...change };
}

const vote = { duty: 'grandpa', unit: '0/7', part: 'prevote' } as const;

test('a history that keeps the promises passes', () => {
  const events: HistoryEvent[] = [
    reply(),
    reply({ reason: 'repeat' }),
    told(),
    release(),
    reply({ outcome: 'denied', incarnation: 'i2', digest: two }, { durable: false }),
    reply({ unit: '8', digest: two, incarnation: 'i2' }),
    reply({ ...vote, part: 'enter', digest: null }),
    reply({ ...vote, part: 'enter', digest: null, reason: 'repeat' }, { node: 'b' }),
    reply(vote),
    reply({ ...vote, incarnation: 'i9', reason: 'repeat' }, { node: 'b' }),
    told(vote),
    release(vote),
    release(vote),
    { kind: 'remark', atMs: 0, text: 'nothing' },
  ];
  assert.equal(findViolation(events), null);
  assert.doesNotThrow(() => assertKept(events, 1));
});

const broken: readonly [name: string, invariant: string, what: RegExp, events: readonly HistoryEvent[]][] = [
  ['two digests for a part', 'I', /two digests/, [reply(vote), reply({ ...vote, digest: two })]],
  ['a digest and none', 'I', /two digests/, [reply(vote), reply({ ...vote, digest: null })]],
  ['two incarnations for a seal', 'J', /two incarnations/, [reply(), reply({ incarnation: 'i2' })]],
  ['two nodes with one incarnation text', 'J', /two incarnations/, [reply(), reply({}, { node: 'b' })]],
  [
    'a grant without digest told twice',
    'J',
    /twice without a digest/,
    [reply({ digest: null }), reply({ digest: null })],
  ],
  ['a unit sealed twice', 'J', /sealed twice/, [told(), release(), release()]],
  [
    'two payloads signed',
    'I',
    /two payloads/,
    [told(vote), told({ ...vote, digest: two }), release(vote), release({ ...vote, digest: two })],
  ],
  [
    'a grant before its entry is durable',
    'K',
    /before its entry was durable/,
    [reply({}, { durable: false })],
  ],
  ['a signature without a grant', 'K', /without a grant/, [release()]],
  ['a signature on a denial', 'K', /without a grant/, [told({ outcome: 'denied' }), release()]],
  ['a signature on a grant of another payload', 'K', /without a grant/, [told({ digest: two }), release()]],
  [
    'a signature on a grant of another start',
    'K',
    /without a grant/,
    [told({ incarnation: 'i2' }), release()],
  ],
  ['a signature on a grant of another node', 'K', /without a grant/, [told({}, 'b'), release()]],
];

for (const [name, invariant, what, events] of broken) {
  test(`found: ${name}`, () => {
    const violation = findViolation([{ kind: 'remark', atMs: 0, text: 'before' }, ...events]);
    assert.equal(violation?.invariant, invariant);
    assert.match(violation.what, what);
    assert.ok(violation.events.every((event) => events.includes(event)));
    assert.throws(() => assertKept(events, 'my-seed'), /run again with SEED=my-seed\n\{/);
  });
}
