// Members that sign different statements for different members: over connections that pass nothing on, the
// honest members still end with evidence that a third party accepts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { echoDigest } from './attachments.ts';
import { decodeEcho, type EchoedStatement, encodeEcho } from './echo-codec.ts';
import { decodeEvidence, verifyEvidence } from './evidence.ts';
import type { Message } from './messages.ts';
import { fakeVerify, SCHEDULE } from './testing/fake-group.ts';
import { GROUP, LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { bytesOf, callOf, certificateOf, changeOf, messageOf, proposeOf } from './testing/fake-messages.ts';
import { type FakeNetwork, fakeNetwork, type NetworkOptions } from './testing/fake-network.ts';
import { valueDigest } from './value.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1, FOURTH = -1] = LEADERS;
const DIGEST = (content: number) => valueDigest(callOf(PLAN, content));
const vote = (kind: 'prepare' | 'commit', seat: number, content: number, rank = 0) =>
  messageOf(PLAN, seat, rank, { kind, digest: DIGEST(content) });

/** The window with one Byzantine seat, which sends each message to the named members only. */
function splitWindow(
  byzantine: number,
  sent: readonly (readonly [Message, readonly number[]])[],
  options: NetworkOptions = {},
): FakeNetwork {
  const network = fakeNetwork(GROUP, { silent: [byzantine], ...options });
  network.run(29n, 30n);
  for (const [message, seats] of sent) network.inject(byzantine, bytesOf(PLAN, message), seats);
  network.drain();
  network.run(31n, 56n);
  return network;
}

/** `culprit kind` of the faults of each member, with only evidence that a third party accepts. */
function provenBy(network: FakeNetwork): ReadonlyMap<number, readonly string[]> {
  return new Map(
    [...network.nodes].map(([seat, node]) => [
      seat,
      node.of('record-fault').flatMap(({ fault: { culprit, kind, evidence } }) => {
        const decoded = evidence === undefined ? null : decodeEvidence(evidence);
        const holds = decoded !== null && verifyEvidence(GROUP, SCHEDULE, decoded, fakeVerify).holds;
        return holds ? [`${culprit} ${kind}`] : [];
      }),
    ]),
  );
}

function assertProven(network: FakeNetwork, culprit: number): void {
  for (const [seat, faults] of provenBy(network)) {
    assert.ok(faults.includes(`m${culprit} equivocation`), `seat ${seat} proved: ${faults.join(', ')}`);
  }
}

describe('a split statement, point to point', () => {
  const split = (message: (content: number) => Message): [Message, readonly number[]][] => [
    [message(1), [SECOND, THIRD]],
    [message(2), [FOURTH]],
  ];

  test('of a proposal becomes evidence for every member', () => {
    const messages = split((content) => proposeOf(PLAN, FIRST, 0, callOf(PLAN, content)));
    assertProven(splitWindow(FIRST, messages), FIRST);
  });

  test('of a prepare, of a commit, of a rank-change too', () => {
    for (const kind of ['prepare', 'commit'] as const) {
      assertProven(
        splitWindow(
          FIRST,
          split((content) => vote(kind, FIRST, content)),
        ),
        FIRST,
      );
    }
    const change = (content: number) => changeOf(PLAN, FIRST, 1, null, content === 1);
    assertProven(splitWindow(FIRST, split(change)), FIRST);
  });

  test('a commit shown to one, and the rank-change that denies it shown to another, are a forgotten lock', () => {
    const network = splitWindow(FIRST, [
      [vote('commit', FIRST, 1), [SECOND]],
      [changeOf(PLAN, FIRST, 1), [THIRD]],
    ]);
    for (const faults of provenBy(network).values()) {
      assert.ok(faults.includes(`m${FIRST} forgotten-lock`), faults.join(', '));
    }
  });

  test('honest members echo, and prove nothing against each other', () => {
    const network = fakeNetwork(GROUP);
    network.run(29n, 56n);
    assert.ok([...network.nodes.values()].every((node) => node.of('broadcast').length > 0));
    assert.deepEqual([...provenBy(network).values()].flat(), []);
  });
});

describe('a statement inside another message', () => {
  const certificate = (sender: number, content: number) =>
    certificateOf(PLAN, sender, callOf(PLAN, content), others(THIRD));

  test('two certificates are evidence against every member that signed both', () => {
    const member = memberAt(THIRD);
    member.hear(certificate(FIRST, 1), certificate(SECOND, 2));
    const culprits = [FIRST, SECOND, FOURTH].map((seat) => `m${seat} equivocation`);
    assert.deepEqual(member.faults().toSorted(), culprits.toSorted());
  });

  test('a commit in a certificate contradicts a commit that came alone, in either order', () => {
    for (const isFirst of [true, false]) {
      const member = memberAt(THIRD);
      const alone = vote('commit', FOURTH, 2);
      member.hear(...(isFirst ? [alone, certificate(FIRST, 1)] : [certificate(FIRST, 1), alone]));
      assert.deepEqual(member.faults(), [`m${FOURTH} equivocation`]);
    }
  });

  test('a prepare in a lock contradicts a prepare that came alone', () => {
    const member = memberAt(THIRD);
    const lock = { value: callOf(PLAN, 1), signers: others(THIRD) };
    member.hear(vote('prepare', FOURTH, 2), changeOf(PLAN, FIRST, 1, lock));
    assert.deepEqual(member.faults(), [`m${FOURTH} equivocation`]);
  });

  test('a rank-change in a justification contradicts one that came alone', () => {
    const member = memberAt(THIRD);
    const change = (seat: number, heard: boolean) => changeOf(PLAN, seat, 1, null, heard);
    const shown = others(THIRD).map((seat) => change(seat, true));
    member.hear(change(FOURTH, false), proposeOf(PLAN, SECOND, 1, callOf(PLAN, 1), shown));
    assert.ok(member.faults().includes(`m${FOURTH} equivocation`), member.faults().join(', '));
  });
});

describe('echoes', () => {
  const echoOf = (sender: number, statements: readonly EchoedStatement[]) => {
    const { bytes } = encodeEcho(statements);
    return messageOf(PLAN, sender, 0, { kind: 'echo', digest: echoDigest(bytes) }, { bytes });
  };
  const stated = ({ header: { rank, seat }, statement, signature }: Message): EchoedStatement => ({
    rank,
    seat,
    statement,
    signature,
  });

  test('carry any number of statements through their encoding, as many as one message holds', () => {
    const many = Array.from({ length: 300 }, (_, i) => stated(vote('prepare', i % 4, i)));
    const { bytes, count } = encodeEcho(many);
    assert.ok(count > 100 && count < 300);
    assert.deepEqual(decodeEcho(bytes), many.slice(0, count));
    assert.equal(decodeEcho(bytes.subarray(0, -1)), null);
  });

  test('with a bad signature end the echoes of that member, and accuse no other', () => {
    const member = memberAt(THIRD);
    const forged = { ...stated(vote('prepare', FOURTH, 1)), signature: new Uint8Array(64) };
    member.hear(echoOf(FIRST, [forged]), echoOf(FIRST, [stated(vote('prepare', FOURTH, 2))]));
    assert.deepEqual(member.dropped(), ['bad-proof', 'over-quota']);
    member.hear(vote('prepare', FOURTH, 3));
    assert.deepEqual(member.faults(), []);
  });

  test('do not count as votes', () => {
    const member = memberAt(THIRD);
    const commits = [FIRST, SECOND, FOURTH].map((seat) => stated(vote('commit', seat, 1)));
    member.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 1)), echoOf(FIRST, commits));
    member.answer({ result: 'valid' });
    assert.deepEqual(member.sent('certificate'), []);
  });

  test('of later ranks wait until the member is there', () => {
    const member = memberAt(THIRD);
    member.hear(vote('prepare', FIRST, 1, 2));
    member.height(31n);
    assert.deepEqual(member.sent('echo'), []);
    for (let height = 32n; height <= 41n; height++) member.height(height);
    assert.equal(member.sent('echo').length, 1);
  });
});
