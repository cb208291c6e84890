import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { chainFile } from './chain-file.ts';

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
