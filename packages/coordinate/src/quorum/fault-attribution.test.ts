import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evidenceDigest, factsDigest } from './attachments.ts';
import { decodeEvidence, type Judges, verifyEvidence } from './evidence.ts';
import type { Message, Statement } from './messages.ts';
import { fakeVerify, SCHEDULE } from './testing/fake-group.ts';
import { type FakeMember, GROUP, LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { callOf, changeOf, helloOf, messageOf, proposeOf } from './testing/fake-messages.ts';
import { inputUnderWhich } from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1, FOURTH = -1] = LEADERS;
const VALUE = callOf(PLAN, 1);
const DIGEST = valueDigest(VALUE);
const PROPOSE = proposeOf(PLAN, FIRST, 0, VALUE);

const hello = (seat: number): Message => helloOf(PLAN, seat);

/** Whether the recorded faults are these, each with evidence that a third party can verify, sent on once. */
function assertAttributed(member: FakeMember, faults: readonly string[]): void {
  assert.deepEqual(member.faults(), faults);
  for (const { fault } of member.node.of('record-fault')) {
    const evidence = decodeEvidence(fault.evidence ?? new Uint8Array());
    assert.ok(evidence !== null);
    const verdict = verifyEvidence(GROUP, SCHEDULE, evidence, fakeVerify, JUDGES);
    assert.ok(verdict.holds);
    assert.equal(`m${verdict.culprit} ${verdict.kind}`, `${fault.culprit} ${fault.kind}`);
  }
  assert.equal(member.sent('evidence').length, faults.length);
}

/** Content 1 is bad by itself; content 2 is where the facts say 9, content 3 where they say 8. */
const JUDGES: Judges = new Map([
  [
    'call',
    ({ value, facts }) => {
      if (value.content[0] === 1) return facts === null ? 'bad' : null;
      if (value.content[0] === 3) return facts?.[0] === 8 ? 'busy' : null;
      return value.content[0] === 2 && facts?.[0] === 9 ? 'no-funds' : null;
    },
  ],
]);

describe('equivocation', () => {
  for (const kind of ['prepare', 'commit'] as const) {
    test(`by two ${kind}s is recorded once, and the first one counts`, () => {
      const member = memberAt(THIRD);
      const vote = (content: number) =>
        messageOf(PLAN, FIRST, 0, { kind, digest: valueDigest(callOf(PLAN, content)) });
      member.hear(vote(1), vote(2), vote(3));
      assertAttributed(member, [`m${FIRST} equivocation`]);
    });
  }

  test('by two proposals is seen even if the attachment of the second was lost', () => {
    const member = memberAt(THIRD);
    const second = proposeOf(PLAN, FIRST, 0, callOf(PLAN, 2));
    member.hear(PROPOSE, { ...second, attachment: { ...second.attachment, value: VALUE } });
    assertAttributed(member, [`m${FIRST} equivocation`]);
    assert.deepEqual(member.dropped(), ['bad-attachment']);
  });
});

describe('a proposal', () => {
  test('of a member that does not lead the rank is an impersonation', () => {
    const member = memberAt(THIRD);
    member.hear(proposeOf(PLAN, SECOND, 0, VALUE));
    assertAttributed(member, [`m${SECOND} impersonation`]);
    assert.deepEqual(member.dropped(), ['not-the-leader']);
  });

  test('of an action that is not due is a mistake', () => {
    const member = memberAt(THIRD);
    member.hear(proposeOf(PLAN, FIRST, 0, { ...VALUE, action: 'rare' }));
    assertAttributed(member, [`m${FIRST} mistake`]);
    assert.deepEqual(member.dropped(), ['not-due']);
    assert.deepEqual(member.node.of('validate'), []);
  });

  test('that its justification does not allow is a mistake', () => {
    const member = memberAt(THIRD);
    const lock = { value: VALUE, signers: others(THIRD) };
    const changes = lock.signers.map((seat) => changeOf(PLAN, seat, 1, lock));
    member.hear(proposeOf(PLAN, SECOND, 1, callOf(PLAN, 2), changes));
    assertAttributed(member, [`m${SECOND} mistake`]);
    assert.deepEqual(member.dropped(), ['unjustified']);
    assert.deepEqual(member.sent('rank-change'), []);
  });

  test('from another seed input or reference block is not a fault, and gets no answer', () => {
    const member = memberAt(THIRD);
    const value = { ...VALUE, referenceHash: new Uint8Array(32).fill(5) };
    const base = proposeOf(PLAN, FIRST, 0, value);
    assert.ok(base.statement.kind === 'propose');
    const statement = { ...base.statement, referenceHash: value.referenceHash };
    member.hear(messageOf(PLAN, FIRST, 0, statement, { value }));
    assert.deepEqual(member.dropped(), ['reference-differs']);
    assertAttributed(member, []);
    assert.deepEqual(member.sent('refusal'), []);
    assert.equal(member.notes('reference-differs').length, 1);
    const other = memberAt(THIRD);
    const seeded = { ...base.statement, seedInput: new Uint8Array(32), referenceHash: PLAN.referenceHash };
    // Under that input another member leads, or the same one does; only the first contradicts its own
    // signature.
    const input = inputUnderWhich(PLAN, FIRST);
    const message = { ...seeded, seedInput: input, digest: DIGEST };
    other.hear(messageOf(PLAN, FIRST, 0, message, { value: VALUE }));
    assert.deepEqual(other.dropped(), ['reference-differs']);
    assertAttributed(other, []);
    assert.equal(other.notes('seed-differs').length, 1);
    assert.deepEqual(other.node.of('validate'), []);
  });
});

describe('a forgotten lock', () => {
  const commit = messageOf(PLAN, FIRST, 0, { kind: 'commit', digest: DIGEST });
  const denial = changeOf(PLAN, FIRST, 2);

  test('is found in any order of the two messages', () => {
    for (const messages of [
      [commit, denial],
      [denial, commit],
    ]) {
      const member = memberAt(THIRD);
      member.hear(...messages);
      assertAttributed(member, [`m${FIRST} forgotten-lock`]);
    }
  });

  test('does not exist if the commit is from the rank of the rank-change or a later one', () => {
    const member = memberAt(THIRD);
    member.hear(denial, messageOf(PLAN, FIRST, 2, { kind: 'commit', digest: DIGEST }));
    assertAttributed(member, []);
  });
});

describe('idleness', () => {
  const silent = (seat: number): Message => changeOf(PLAN, seat, 1, null, false);

  test('needs the statements of f + 1 members, with their hellos', () => {
    const member = memberAt(THIRD);
    member.hear(silent(SECOND));
    assertAttributed(member, []);
    member.hear(silent(FOURTH), hello(SECOND));
    assertAttributed(member, []);
    member.hear(hello(FOURTH));
    assertAttributed(member, [`m${FIRST} idleness`]);
    member.height(36n);
    assertAttributed(member, [`m${FIRST} idleness`]);
  });

  test('does not count members that read another chain', () => {
    const member = memberAt(THIRD);
    const seedInput = inputUnderWhich(PLAN, FIRST);
    const strange = [SECOND, FOURTH].map((seat) => helloOf(PLAN, seat, { seedInput }));
    member.hear(...strange, silent(SECOND), silent(FOURTH));
    assertAttributed(member, []);
  });

  test('is not claimed by a member that heard the leader', () => {
    const member = memberAt(THIRD);
    member.hear(PROPOSE, hello(SECOND), hello(FOURTH), silent(SECOND), silent(FOURTH));
    assertAttributed(member, []);
  });
});

describe('invalid content', () => {
  const refusal = (seat: number, facts: Uint8Array, code = 'no-funds', content = 2): Message => {
    const digest = valueDigest(callOf(PLAN, content));
    const statement = { kind: 'refusal', digest, code, facts: factsDigest(facts) } as const;
    return messageOf(PLAN, seat, 0, statement, { bytes: facts });
  };
  const facts = Uint8Array.from([9]);

  test('that a judge refuses by itself needs no other member', () => {
    const member = memberAt(THIRD, { judges: JUDGES });
    member.hear(PROPOSE);
    assertAttributed(member, [`m${FIRST} invalid-content`]);
  });

  test('by facts needs f + 1 members with the same reason and facts', () => {
    const member = memberAt(THIRD, { judges: JUDGES });
    member.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 2)));
    member.hear(refusal(SECOND, facts));
    assertAttributed(member, []);
    member.answer({ result: 'refused', code: 'no-funds', detail: '', facts });
    assertAttributed(member, [`m${FIRST} invalid-content`]);
  });

  test('does not exist if the facts differ, there is no judge, or members are busy', () => {
    const member = memberAt(THIRD, { judges: JUDGES });
    member.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 2)));
    member.hear(refusal(SECOND, facts), refusal(FOURTH, Uint8Array.from([9, 9])));
    assertAttributed(member, []);
    const unjudging = memberAt(THIRD);
    unjudging.hear(
      proposeOf(PLAN, FIRST, 0, callOf(PLAN, 2)),
      refusal(SECOND, facts),
      refusal(FOURTH, facts),
    );
    assertAttributed(unjudging, []);
    const busy = memberAt(THIRD, { judges: JUDGES });
    busy.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 3)));
    const running = Uint8Array.from([8]);
    busy.hear(refusal(SECOND, running, 'busy', 3), refusal(FOURTH, running, 'busy', 3));
    assertAttributed(busy, []);
  });
});

describe('evidence from another member', () => {
  const caught = (() => {
    const member = memberAt(FOURTH);
    for (const content of [1, 2]) {
      member.hear(messageOf(PLAN, FIRST, 0, { kind: 'prepare', digest: valueDigest(callOf(PLAN, content)) }));
    }
    return member.sent('evidence');
  })();

  test('that is valid is recorded and sent on, once', () => {
    const member = memberAt(THIRD);
    member.hear(...caught, ...caught);
    assertAttributed(member, [`m${FIRST} equivocation`]);
    assert.deepEqual(member.dropped(), ['repeated']);
    const [evidence] = caught;
    const again = { ...evidence?.statement } as Statement;
    member.hear(messageOf(PLAN, SECOND, 0, again, evidence?.attachment ?? {}));
    assertAttributed(member, [`m${FIRST} equivocation`]);
  });

  test('is not sent on again after a restart', () => {
    const member = memberAt(THIRD);
    member.hear(...caught);
    member.node.restart();
    member.height(31n);
    member.hear(...caught);
    assert.equal(member.sent('evidence').length, 1);
  });

  test('that is not valid accuses no member', () => {
    const member = memberAt(THIRD);
    const bytes = caught[0]?.attachment.bytes ?? new Uint8Array();
    const spoilt = bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1);
    const statement = { kind: 'evidence', digest: evidenceDigest(spoilt) } as const;
    member.hear(messageOf(PLAN, SECOND, 0, statement, { bytes: spoilt }));
    assertAttributed(member, []);
    assert.deepEqual(member.dropped(), ['bad-proof']);
  });

  test('of an earlier window is recorded there', () => {
    const member = memberAt(THIRD);
    const bytes = caught[0]?.attachment.bytes ?? new Uint8Array();
    member.height(55n);
    member.height(60n);
    const digest = evidenceDigest(bytes);
    const later = { ...PLAN, window: { index: 2n, block: 60n, activeEnd: 85n, end: 85n } };
    const message = messageOf(later, SECOND, 0, { kind: 'evidence', digest }, { bytes });
    member.hear(message);
    const recorded = member.node.of('record-fault').map(({ window, fault: { kind } }) => [window, kind]);
    assert.deepEqual(recorded, [[1n, 'equivocation']]);
    assert.deepEqual(member.dropped(), []);
  });
});
