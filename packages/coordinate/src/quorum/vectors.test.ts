// Vectors of a second implementation of decision 0005, in Python:
// packages/coordinate/vectors/quorum/generate.py.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { windowOf } from '../window.ts';
import { encodeMessage, NO_ATTACHMENT } from './codec.ts';
import { hexOf } from './digest.ts';
import { explainQuorum } from './explain.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';
import { groupProblem, scheduleVersionsProblem } from './group-checks.ts';
import { groupId, scheduleDigest, windowSchedule } from './identity.ts';
import { placeOf, planQuorum, quorumInputs } from './plan.ts';
import { domainOf, signedBytes, statementDigest } from './signing.ts';
import { valueDigest } from './value.ts';

/** A value in JSON: numbers that fit, and bytes as hex. */
type InJson<Value> = Value extends bigint
  ? number
  : Value extends Uint8Array
    ? string
    : Value extends object
      ? { readonly [Key in keyof Value]: InJson<Value[Key]> }
      : Value;
type JsonWindow = ReturnType<typeof windowOfPlan>;

const [about = '', signing = '', ...groups] = readFileSync(
  new URL('../../vectors/quorum.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n');

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

function groupOf(json: InJson<QuorumGroup>): QuorumGroup {
  const { frequencyBlocks, rankBlocks, rankCount, certificateBlocks } = json.windows;
  return {
    name: json.name,
    genesis: bytes(json.genesis),
    resource: json.resource,
    windows: {
      frequencyBlocks: BigInt(frequencyBlocks),
      rankBlocks: BigInt(rankBlocks),
      rankCount,
      certificateBlocks: BigInt(certificateBlocks),
    },
    members: json.members.map((member) => ({ ...member, publicKey: bytes(member.publicKey) })),
  };
}

function scheduleOf(versions: InJson<QuorumSchedule>): QuorumSchedule {
  return versions.map((version) => ({
    ...version,
    fromHeight: BigInt(version.fromHeight),
    stageBlocks: BigInt(version.stageBlocks),
    agenda: version.agenda.map((item) => ({
      ...item,
      validityBlocks: BigInt(item.validityBlocks),
      cadence:
        item.cadence.kind === 'drawn'
          ? item.cadence
          : {
              kind: 'every',
              windows: BigInt(item.cadence.windows),
              offset: BigInt(item.cadence.offset),
            },
    })),
  }));
}

const { schedule: jsonSchedule, scheduleDigests } = JSON.parse(about) as {
  schedule: InJson<QuorumSchedule>;
  scheduleDigests: string[];
};
const SCHEDULE = scheduleOf(jsonSchedule);

describe('the vectors', () => {
  test('the schedule and its digests', () => {
    assert.equal(scheduleVersionsProblem(SCHEDULE), null);
    assert.deepEqual(SCHEDULE.map(scheduleDigest).map(hexOf), scheduleDigests);
  });

  for (const line of groups) {
    const vector = JSON.parse(line) as { group: InJson<QuorumGroup>; groupId: string; windows: JsonWindow[] };
    const group = groupOf(vector.group);
    test(`${group.name}: its id, and ${vector.windows.length} windows`, () => {
      assert.equal(groupProblem(group), null);
      assert.equal(hexOf(groupId(group)), vector.groupId);
      assert.equal(vector.windows.length, 7);
      for (const expected of vector.windows) checkWindow(group, expected);
    });
  }

  test('a signed statement and its message, byte for byte', () => {
    const vector = JSON.parse(signing) as Record<string, string> & { group: InJson<QuorumGroup> };
    const group = groupOf(vector.group);
    const place = placeOf(group, SCHEDULE, windowOf(windowSchedule(group), BigInt(vector.window ?? 0)));
    const digest = valueDigest({
      action: 'upgrade',
      resource: group.resource,
      validityBlocks: 600n,
      referenceHash: bytes(vector.referenceHash ?? ''),
      content: bytes(vector.content ?? ''),
    });
    assert.equal(hexOf(digest), vector.valueDigest);
    const statement = { kind: 'prepare', digest } as const;
    assert.equal(hexOf(statementDigest(statement)), vector.statementDigest);
    const header = { version: 1, window: 7n, rank: 1, seat: 2 };
    const signed = signedBytes(domainOf(place), header, 'prepare', statementDigest(statement));
    assert.equal(hexOf(signed), vector.signedBytes);
    const signature = bytes(vector.signature ?? '');
    const message = { header, statement, attachment: NO_ATTACHMENT, signature };
    assert.equal(hexOf(encodeMessage(domainOf(place), message)), vector.message);
  });
});

function windowOfPlan(group: QuorumGroup, index: number, seedInput: string) {
  const window = windowOf(windowSchedule(group), BigInt(index));
  const plan = planQuorum(group, SCHEDULE, window, bytes(seedInput), new Uint8Array(32));
  const { version, span, position, seed, order, leaders, checklist, submitters, due } = plan;
  const draws = due.flatMap(({ item, draw }) => (draw === null ? [] : [[item.action, draw] as const]));
  return {
    ...{ index, seedInput, inputHeight: Number(quorumInputs(group, SCHEDULE, window)[0]?.height) },
    ...{ version: version.version, span: Number(span), position, seed: hexOf(seed) },
    ...{ order, leaders, draws: Object.fromEntries(draws), submitters },
    checklist: checklist.map(({ action }) => action),
  };
}

function checkWindow(group: QuorumGroup, expected: JsonWindow): void {
  const { index, seedInput, seed, order, leaders, checklist, submitters } = expected;
  assert.deepEqual(windowOfPlan(group, index, seedInput), expected);
  const explained = explainQuorum(group, SCHEDULE, BigInt(index), bytes(seedInput), new Uint8Array(32));
  assert.deepEqual(
    {
      ...{ seed: explained.seed, order: explained.order.order, checklist: explained.checklist },
      ...{ leaders: explained.leaders.map(({ seat }) => seat), submitters: explained.submitters.order },
    },
    { seed, order, leaders, checklist, submitters },
  );
}
