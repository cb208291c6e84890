import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { termFile } from '../pair/terms.ts';
import { chainFile } from './chain-file.ts';
import { latchFile } from './latch.ts';
import { markFile } from './memory.ts';
import { runtimeFolder } from './runtime-folder.ts';

test('the marks survive, and a damaged file, or one of another version, is an error', (t) => {
  const folder = temporaryFolder(t);
  const none = { slot: null, round: null };
  assert.deepEqual(markFile(folder).read(), none);
  const path = join(folder, 'marks.json');
  for (const marks of [none, { slot: 7n, round: null }, { slot: 7n, round: { setId: 12n, round: 803n } }]) {
    markFile(folder).write(marks);
    assert.deepEqual(markFile(folder).read(), marks);
  }
  const whole = '{"round":{"round":"803","setId":"12"},"slot":"7","version":1}\n';
  assert.equal(readFileSync(path, 'utf8'), whole);
  const others = [
    '{"version":2,"slot":"7","round":null}',
    '{"version":1,"slot":7,"round":null}',
    '{"version":1,"round":null}',
    '{"version":1,"slot":"7"}',
    '{"version":1,"slot":"7","round":{"setId":12,"round":"803"}}',
    '{"version":1,"slot":"7","round":{"setId":"12"}}',
  ];
  for (const text of ['', '{}', whole.slice(0, 30), ...others]) {
    writeFileSync(path, text);
    assert.throws(() => markFile(folder).read(), /marks.json does not hold marks of version 1/, text);
  }
});

test('a file of the state that may be there and cannot be read is never taken for none', (t) => {
  const notFolder = join(temporaryFolder(t), 'state');
  writeFileSync(notFolder, '');
  for (const open of [markFile, chainFile, latchFile, termFile])
    assert.throws(() => open(notFolder).read(), /ENOTDIR/);
});

test('the chain of a state folder survives, and a damaged file is an error', (t) => {
  const folder = temporaryFolder(t);
  const polkadot = { genesis: `0x${'91'.repeat(32)}`, name: 'Polkadot' };
  assert.equal(chainFile(folder).read(), null);
  chainFile(folder).write(polkadot);
  assert.deepEqual(chainFile(folder).read(), polkadot);
  const path = join(folder, 'chain.json');
  assert.equal(readFileSync(path, 'utf8'), `{"genesis":"${polkadot.genesis}","name":"Polkadot"}\n`);
  for (const text of ['', '{"name":"Polkadot"}', '{"genesis":"0x91","name":"Polkadot"}']) {
    writeFileSync(path, text);
    assert.throws(() => chainFile(folder).read(), /chain.json names no chain/);
  }
});

test('a word about one validator of a spare is taken for that one alone', (t) => {
  const { allow, takeAllowance } = runtimeFolder(temporaryFolder(t));
  allow({ by: 'ada', reason: 'it is wiped', validator: '5One' });
  assert.deepEqual([takeAllowance(null), takeAllowance('5Two')], [null, null]);
  assert.deepEqual([takeAllowance('5One')?.reason, takeAllowance('5One')], ['it is wiped', null]);
});
