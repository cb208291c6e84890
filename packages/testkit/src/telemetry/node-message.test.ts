import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNodeMessage } from './node-message.ts';
import { ALICE, BOB, INTRODUCTION } from './testing/recordings.ts';

const { genesis_hash: GENESIS, network_id: ID_OF_ALICE } = JSON.parse(INTRODUCTION).payload;

test('messages of nodes are read in both forms, and nothing malformed is taken', () => {
  const old = '{"msg":"notify.finalized","level":"INFO","ts":"x","best":"0x11","height":"50"}'.replace(
    '0x11',
    GENESIS,
  );
  assert.deepEqual(readNodeMessage(old), {
    id: 0,
    report: { kind: 'finalised', finalised: { hash: GENESIS, height: 50 } },
  });
  const bad = [
    ...[
      '',
      '[]',
      'null',
      '{}',
      '{"id":1,"payload":[]}',
      '{"id":1.5,"payload":{"msg":"x"}}',
      '{"id":1,"payload":{"msg":5}}',
    ],
    ...['{"payload":{"msg":"x"}}', old.replace('"50"', '"-1"'), old.replace(GENESIS, '0x12')],
    INTRODUCTION.replace(GENESIS, '0x'),
    INTRODUCTION.replace(ID_OF_ALICE, 'x'.repeat(65)),
    INTRODUCTION.replace('"name":"alice"', '"name":null'),
  ];
  for (const text of bad) assert.equal(readNodeMessage(text), null, text.slice(0, 80));
  assert.ok([...ALICE, ...BOB].every((text) => readNodeMessage(text) !== null));
});
