import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { newOperatorKey } from '../../keys/operator-key.ts';
import { publicKeyText } from '../../keys/public-key-text.ts';
import { canonicalJson } from '../../wire/canonical-json.ts';
import { type GroupFile, readGroupDocument } from './read.ts';
import { groupFileSchema } from './schema.ts';
import { groupDocument } from './write.ts';

const KEYS = (['ed25519', 'sr25519', 'secp256k1', 'ed25519'] as const).map((scheme) =>
  publicKeyText(newOperatorKey(scheme)),
);

function documentOf(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    format: 'watchbill/group/1',
    name: 'alpha',
    genesis: `0x${'91'.repeat(32)}`,
    resource: 'payouts',
    windows: { frequencyBlocks: 100 },
    members: KEYS.map((key, seat) => ({ name: `member ${seat}`, key, addresses: [`10.0.0.${seat}:9000`] })),
    schedule: [
      {
        version: 1,
        fromHeight: 0,
        agenda: [
          { action: 'heartbeat', every: 1, validityBlocks: 10, parameters: { z: 1, a: { y: 2, b: 3 } } },
          { action: 'call', drawnPerMillion: 5, validityBlocks: '50' },
        ],
      },
    ],
    ...changes,
  };
}

const anything = (): null => null;

function read(value: unknown, check: (action: string) => string | null = anything): GroupFile {
  const result = readGroupDocument(groupFileSchema.parse(value), check);
  assert.ok(result.ok);
  return result.file;
}

function problemsOf(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const result = readGroupDocument(groupFileSchema.parse(documentOf(changes)), anything);
  assert.ok(!result.ok);
  return result.problems.map(({ path, what }) => `${path.map(String).join('.')}: ${what}`);
}

describe('a group file', () => {
  test('is read, with the defaults of the protocol for missing values', () => {
    const { group, schedule, addresses, groupId } = read(documentOf());
    assert.equal(groupId.length, 32);
    assert.deepEqual(group.windows, {
      frequencyBlocks: 100n,
      rankBlocks: 20n,
      rankCount: 4,
      certificateBlocks: 20n,
    });
    assert.deepEqual(group.members.map(field('scheme')), ['ed25519', 'sr25519', 'secp256k1', 'ed25519']);
    assert.equal(schedule[0]?.agenda[0]?.parameters, '{"a":{"b":3,"y":2},"z":1}');
    assert.deepEqual(schedule[0]?.agenda[1]?.cadence, { kind: 'drawn', perMillion: 5 });
    assert.deepEqual(addresses[2], ['10.0.0.2:9000']);
  });

  test('written and read again is the same group', () => {
    const file = read(documentOf());
    const again = read(JSON.parse(JSON.stringify(groupDocument(file))));
    assert.deepEqual(again, file);
  });

  test('addresses may change without another id, names may not', () => {
    const { groupId } = read(documentOf());
    const id = `0x${Buffer.from(groupId).toString('hex')}`;
    const moved = KEYS.map((key, seat) => ({ name: `member ${seat}`, key }));
    read(documentOf({ id, members: moved }));
    const [problem] = problemsOf({ id, name: 'beta' });
    assert.match(problem ?? '', /^id: the content of this file has the id 0x[0-9a-f]{64}, but it declares/);
  });

  test('with contradictions is refused, with the place of each', () => {
    const members = KEYS.map((key, seat) => ({ name: `m${seat}`, key: seat < 2 ? `${key}00` : key }));
    assert.deepEqual(problemsOf({ members }), [
      'members.0.key: members.0.key is not a public key of this form',
      'members.1.key: members.1.key is not a public key of this form',
    ]);
    const agenda = [{ action: 'a', validityBlocks: 1 }];
    assert.match(
      problemsOf({ schedule: [{ version: 1, fromHeight: 0, agenda }] })[0] ?? '',
      /^schedule\.0\.agenda\.0: an action needs one of/,
    );
    const twice = [1, 2].map((waitBlocks) => ({
      action: 'a',
      every: 1,
      validityBlocks: 1,
      parameters: { waitBlocks },
    }));
    assert.match(
      problemsOf({ schedule: [{ version: 1, fromHeight: 0, agenda: twice }] })[0] ?? '',
      /^schedule: version 1: the action a is listed twice/,
    );
    assert.match(problemsOf({ windows: { frequencyBlocks: 10 } })[0] ?? '', /active phase/);
    assert.match(problemsOf({ members: [] })[0] ?? '', /1 to 50 members/);
    assert.match(problemsOf({ schedule: [] })[0] ?? '', /from height 0/);
  });

  test('asks the action about its parameters', () => {
    const document = groupFileSchema.parse(documentOf());
    const result = readGroupDocument(document, (action) => (action === 'call' ? 'is not known' : null));
    assert.ok(!result.ok);
    assert.deepEqual(result.problems[0]?.path, ['schedule', 0, 'agenda', 1, 'parameters']);
  });

  test('of another shape is refused', () => {
    const wrong = [
      { format: 'watchbill/group/2' },
      { membres: [] },
      { genesis: '0x12' },
      { windows: { frequencyBlocks: -1 } },
      { windows: { frequencyBlocks: 1.5 } },
      { windows: { frequencyBlocks: '1e3' } },
    ];
    for (const changes of wrong)
      assert.ok(!groupFileSchema.safeParse(documentOf(changes)).success, JSON.stringify(changes));
  });
});

test('canonical JSON sorts keys at every depth and keeps lists in their order', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: null }, 2], a: 'x' }), '{"a":"x","b":[{"c":null,"d":1},2]}');
});
