import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { windowOf } from '../window.ts';
import type { QuorumGroup, QuorumSchedule, ScheduleVersion } from './group.ts';
import { windowSchedule } from './identity.ts';
import type { Header, Statement } from './messages.ts';
import { placeOf } from './plan.ts';
import { type Domain, domainOf, signStatement, verifyStatement } from './signing.ts';
import {
  fakeOperators,
  fakePlan,
  fakeValue,
  fakeVerify,
  hashed,
  SCHEDULE,
} from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const OPERATORS = fakeOperators(4);
const PLAN = fakePlan(OPERATORS, 5n);
const HEADER: Header = { version: 1, window: 5n, rank: 1, seat: 2 };
const DIGEST = valueDigest(fakeValue(PLAN));
const STATEMENT: Statement = { kind: 'prepare', digest: DIGEST };
const DOMAIN = domainOf(PLAN);

function holds(domain: Domain, header: Header, statement: Statement, seat = header.seat): boolean {
  const [key, member] = [OPERATORS.keys[2], OPERATORS.group.members[seat]];
  assert.ok(key && member);
  const signature = signStatement(key, DOMAIN, HEADER, STATEMENT);
  return verifyStatement(fakeVerify, member, domain, { header, statement, signature });
}

function domainIn(changes: Partial<QuorumGroup>, schedule: QuorumSchedule = SCHEDULE): Domain {
  const group = { ...OPERATORS.group, ...changes };
  return domainOf(placeOf(group, schedule, windowOf(windowSchedule(group), 5n)));
}

describe('a signature is valid', () => {
  test('for the signed statement, in the signed place', () => {
    assert.ok(holds(DOMAIN, HEADER, STATEMENT));
    assert.ok(holds(domainIn({}), HEADER, STATEMENT));
  });
});

describe('a signature is not valid', () => {
  const [version] = SCHEDULE as readonly [ScheduleVersion];

  test('on another chain', () => {
    assert.ok(!holds({ ...DOMAIN, genesis: hashed('another') }, HEADER, STATEMENT));
    assert.ok(!holds(domainIn({ genesis: hashed('another') }), HEADER, STATEMENT));
  });
  test('in another group', () => {
    assert.ok(!holds({ ...DOMAIN, groupId: hashed('another') }, HEADER, STATEMENT));
    assert.ok(!holds(domainIn({ resource: 'another' }), HEADER, STATEMENT));
    assert.ok(!holds(domainIn({ members: OPERATORS.group.members.toReversed() }), HEADER, STATEMENT));
  });
  test('under another version', () => assert.ok(!holds(DOMAIN, { ...HEADER, version: 2 }, STATEMENT)));
  test('under a version of the same number with other content', () => {
    assert.ok(!holds(domainIn({}, [{ ...version, agenda: [] }]), HEADER, STATEMENT));
  });
  test('in another window', () => assert.ok(!holds(DOMAIN, { ...HEADER, window: 6n }, STATEMENT)));
  test('in another rank', () => assert.ok(!holds(DOMAIN, { ...HEADER, rank: 0 }, STATEMENT)));
  test('for another seat, with the same key or the key of that seat', () => {
    assert.ok(!holds(DOMAIN, { ...HEADER, seat: 1 }, STATEMENT, 2));
    assert.ok(!holds(DOMAIN, { ...HEADER, seat: 1 }, STATEMENT, 1));
    assert.ok(!holds(DOMAIN, HEADER, STATEMENT, 1));
  });
  test('as another kind, with the same digest', () => {
    assert.ok(!holds(DOMAIN, HEADER, { kind: 'commit', digest: DIGEST }));
    assert.ok(!holds(DOMAIN, HEADER, { kind: 'certificate', digest: DIGEST }));
    assert.ok(!holds(DOMAIN, HEADER, { kind: 'evidence', digest: DIGEST }));
  });
  test('with another expiry', () => {
    assert.ok(!holds({ ...DOMAIN, expiry: DOMAIN.expiry + 1n }, HEADER, STATEMENT));
  });
  test('for another statement of the kind', () => {
    assert.ok(!holds(DOMAIN, HEADER, { kind: 'prepare', digest: hashed('another') }));
  });
});
