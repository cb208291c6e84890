import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { REDACTED, redacted } from './redact.ts';

const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const HEX = '0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a';

test('what could be a secret is not passed on', () => {
  const cases: readonly (readonly [line: string, secret: string])[] = [
    [`inserted ${PHRASE}//0 into the keystore`, PHRASE],
    [`Secret phrase: "${PHRASE}"`, PHRASE],
    [`Secret seed:       ${HEX}`, HEX],
    [`--suri=//Alice///hunter22`, 'hunter22'],
    [`key insert ///correct-horse ok`, 'correct-horse'],
    [`nodeKey: '${HEX.slice(2)}'`, HEX.slice(2)],
    [`DB_PASSWORD=hunter2hunter2 started`, 'hunter2hunter2'],
    ['{"password":"hunter2hunter2"}', 'hunter2hunter2'],
    ['authorization: Bearer eyJhbGciOiJFZERTQSJ9.eyJ0aWVyIjoi.abc', 'eyJhbGciOiJFZERTQSJ9'],
    ['connecting to postgres://watch:s3cr3tpass@10.0.0.1/db', 's3cr3tpass'],
    ['POST /k/wb_0123456789abcdef0123 200', 'wb_0123456789abcdef0123'],
  ];
  for (const [line, secret] of cases) {
    const said = redacted(line);
    assert.ok(!said.includes(secret), said);
    assert.ok(said.includes(REDACTED), said);
  }
});

test('what nodes write every day stays as it is', () => {
  for (const line of [
    `✨ Imported #1234 (${HEX.slice(0, 8)}…${HEX.slice(-4)})`,
    `🏆 Imported block ${HEX} of slot 297123456 with parent ${HEX}`,
    '💤 Idle (3 peers), best: #77 (0x9a4c…77ab), finalized #74 (0x11aa…22bb), ⬇ 1.2kiB/s ⬆ 0.9kiB/s',
    '🏷  Local node identity is: 12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    'Prepared block for proposing at 12 (3 ms) [hash: 0xabc; parent_hash: 0xdef; extrinsics (1)]',
    'Running JSON-RPC server: addr=127.0.0.1:9944,[::1]:9944',
    'the node does not have the block that its peer told of, and asks another one',
  ])
    assert.equal(redacted(line), line);
});

test('a dozen short words in a row go, whatever they mean: rather a sentence lost than a seed kept', () => {
  assert.equal(
    redacted('the node does not yet have the block that the peer has announced'),
    `${REDACTED} announced`,
  );
});

test('no line is lost, and a line that was redacted once is not changed again', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('', 'seed ', 'token=', '///', 'Bearer '), (text, before) => {
      const once = redacted(`${before}${text}`);
      assert.equal(once.length > 0, before.length + text.length > 0);
      assert.ok(!once.includes('undefined') || text.includes('undefined'));
    }),
  );
});
