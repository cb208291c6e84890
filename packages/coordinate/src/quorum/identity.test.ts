import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { QuorumGroup, QuorumSchedule, ScheduleVersion } from './group.ts';
import { faultyOf, quorumOf } from './group.ts';
import { groupProblem, scheduleVersionsProblem } from './group-checks.ts';
import { knownVersions, scheduleDigest, versionAt, windowSchedule } from './identity.ts';
import { MAX_KNOWN_VERSIONS } from './limits.ts';
import { fakeKey, fakeOperators, SCHEDULE, UPGRADE } from './testing/fake-operators.ts';

const { group: GROUP } = fakeOperators(4);
const [VERSION] = SCHEDULE as readonly [ScheduleVersion];
const { members: MEMBERS, windows: WINDOWS } = GROUP;

function member(changes: Partial<QuorumGroup['members'][number]>): QuorumGroup {
  const [first, ...others] = MEMBERS;
  assert.ok(first !== undefined);
  return { ...GROUP, members: [{ ...first, ...changes }, ...others] };
}

const windows = (changes: Partial<QuorumGroup['windows']>): QuorumGroup => ({
  ...GROUP,
  windows: { ...WINDOWS, ...changes },
});

describe('the versions of a schedule', () => {
  const schedule: QuorumSchedule = Array.from({ length: 20 }, (_, i) => {
    return { ...VERSION, version: i + 1, fromHeight: BigInt(i * 1_000) };
  });

  test('are in force from their heights on, for whole windows', () => {
    assert.deepEqual(
      [0n, 999n, 1_000n, 1_001n, 19_000n, 10n ** 12n].map((height) => versionAt(schedule, height).version),
      [1, 1, 2, 2, 20, 20],
    );
    assert.throws(() => versionAt([], 0n), RangeError);
  });

  test('are sent to others: the newest, with their digests', () => {
    const known = knownVersions(schedule);
    assert.equal(known.length, MAX_KNOWN_VERSIONS);
    assert.deepEqual(known.map(field('version')), schedule.slice(-MAX_KNOWN_VERSIONS).map(field('version')));
    assert.deepEqual(known.at(-1)?.digest, scheduleDigest(schedule[19] ?? VERSION));
  });
});

test('the windows of a group are active until the last certificate', () => {
  assert.deepEqual(windowSchedule(GROUP), { frequencyBlocks: 900n, activeBlocks: 100n, passiveBlocks: 0n });
});

describe('the problems of a group', () => {
  const keys = Array.from({ length: 51 }, (_, i) => ({ ...fakeKey(`${i}`), name: `m${i}` }));
  const rows: readonly (readonly [string, QuorumGroup, RegExp])[] = [
    ['no name', { ...GROUP, name: '' }, /name/],
    ['a name with a line break', { ...GROUP, name: 'a\nb' }, /name/],
    ['a name that is not text', { ...GROUP, name: '\ud800' }, /name/],
    ['a name of 65 bytes', { ...GROUP, name: `${'é'.repeat(32)}e` }, /name/],
    ['a short genesis hash', { ...GROUP, genesis: new Uint8Array(31) }, /genesis/],
    ['a resource with a blank', { ...GROUP, resource: 'a b' }, /resource/],
    ['a long resource', { ...GROUP, resource: 'a'.repeat(129) }, /resource/],
    ['no ranks', windows({ rankCount: 0 }), /^rankCount must be/],
    ['half a rank', windows({ rankCount: 1.5 }), /^rankCount must be/],
    ['too many ranks', windows({ rankCount: 65 }), /^rankCount must be/],
    ['ranks of no blocks', windows({ rankBlocks: 0n }), /rankBlocks/],
    ['no time for certificates', windows({ certificateBlocks: 0n }), /certificateBlocks/],
    ['windows that overlap', windows({ frequencyBlocks: 99n }), /active phase/],
    ['endless windows', windows({ frequencyBlocks: 2n ** 33n }), /frequencyBlocks/],
    ['no members', { ...GROUP, members: [] }, /members/],
    ['too many', { ...GROUP, members: keys }, /members/],
    ['a member without a name', member({ name: '' }), /name/],
    ['two members of one name', member({ name: 'm1' }), /two members have the name/],
    ['two members of one key', member({ publicKey: fakeKey('1').publicKey }), /two members have the key/],
    ['a key of another length', member({ publicKey: new Uint8Array(33) }), /32 bytes/],
    ['a compressed key that is too short', member({ scheme: 'secp256k1' }), /33 bytes/],
    ['an unknown scheme', member({ scheme: 'rsa' as never }), /one of/],
  ];
  for (const [name, group, problem] of rows) {
    test(name, () => assert.match(groupProblem(group) ?? '', problem));
  }

  test('none: 1 to 50 members, windows that follow each other at once', () => {
    assert.equal(groupProblem({ ...GROUP, members: keys.slice(0, 50) }), null);
    assert.equal(groupProblem({ ...GROUP, members: keys.slice(0, 1) }), null);
    assert.equal(groupProblem(windows({ frequencyBlocks: 100n })), null);
  });
});

describe('the problems of a schedule', () => {
  const item = (changes: object): QuorumSchedule => [
    { ...VERSION, agenda: [{ ...UPGRADE, ...changes } as typeof UPGRADE] },
  ];
  const every = (count: bigint, offset: bigint) =>
    item({ cadence: { kind: 'every', windows: count, offset } });
  const drawn = (perMillion: number) => item({ cadence: { kind: 'drawn', perMillion } });
  const later = (changes: Partial<ScheduleVersion>): QuorumSchedule => [
    VERSION,
    { ...VERSION, version: 2, fromHeight: 10n, ...changes },
  ];
  const rows: readonly (readonly [string, QuorumSchedule, RegExp])[] = [
    ['no version', [], /height 0/],
    ['a late first version', [{ ...VERSION, fromHeight: 1n }], /height 0/],
    ['a number that falls', later({ version: 1 }), /must be above those of the version before/],
    ['a height that stands still', later({ fromHeight: 0n }), /must be above those of the version before/],
    ['version 0', [{ ...VERSION, version: 0 }], /number/],
    ['a version of 33 bits', [{ ...VERSION, version: 2 ** 32 }], /number/],
    ['an unknown seed source', [{ ...VERSION, seedSource: 'dice' as never }], /seedSource/],
    ['no stage', [{ ...VERSION, stageBlocks: 0n }], /stageBlocks/],
    ['an action twice', [{ ...VERSION, agenda: [UPGRADE, UPGRADE] }], /twice/],
    ['too many actions', [{ ...VERSION, agenda: Array.from({ length: 65 }, () => UPGRADE) }], /at most/],
    ['an action without a name', item({ action: '' }), /name/],
    ['an action called noop', item({ action: 'noop' }), /reserved/],
    ['an action with the draw of the submitters', item({ action: 'submit' }), /reserved/],
    ['a cadence of no windows', every(0n, 0n), /`every` must be/],
    ['an offset that never comes', every(2n, 2n), /`every` must be/],
    ['a negative offset', every(2n, -1n), /`every` must be/],
    ['no probability', drawn(0), /drawnPerMillion/],
    ['more than certain', drawn(1_000_001), /drawnPerMillion/],
    ['no validity', item({ validityBlocks: 0n }), /valid/],
    ['parameters that are not JSON', item({ parameters: '{' }), /canonical/],
    ['parameters with blanks', item({ parameters: '{"a": 1}' }), /canonical/],
    ['parameters out of order', item({ parameters: '{"b":1,"a":2}' }), /canonical/],
    ['parameters out of order inside', item({ parameters: '[{"b":1,"a":2}]' }), /canonical/],
    ['a number in another form', item({ parameters: '1.0' }), /canonical/],
    ['long parameters', item({ parameters: `"${'a'.repeat(9_000)}"` }), /canonical/],
  ];
  for (const [name, schedule, problem] of rows) {
    test(name, () => assert.match(scheduleVersionsProblem(schedule) ?? '', problem));
  }

  test('none', () => {
    for (const schedule of [SCHEDULE, later({}), every(2n, 1n), drawn(1), drawn(1_000_000)]) {
      assert.equal(scheduleVersionsProblem(schedule), null);
    }
    assert.equal(scheduleVersionsProblem(item({ parameters: '{"a":{"b":[1,null]},"c":"é"}' })), null);
  });
});

test('a quorum: any two quorums share at least f + 1 members, and n - f members are a quorum', () => {
  for (let members = 1; members <= 50; members++) {
    const [quorum, faulty] = [quorumOf(members), faultyOf(members)];
    assert.ok(2 * quorum - members >= faulty + 1, `${members}`);
    assert.ok(members - faulty >= quorum, `${members}`);
  }
});
