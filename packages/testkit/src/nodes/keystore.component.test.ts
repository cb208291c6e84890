import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { putKeys, removeKeys } from './keystore.ts';

const BABE = '62616265d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
const GRAN = '6772616e88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee';

function withFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-keys-'));
  try {
    run(join(folder, 'keystore'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a key file is named by type and public key, holds the suri, and is for its owner alone', () => {
  withFolder((folder) => {
    putKeys(folder, [{ suri: '//Alice', types: ['babe', 'gran'] }]);
    assert.deepEqual(readdirSync(folder).sort(), [BABE, GRAN]);
    assert.equal(readFileSync(join(folder, BABE), 'utf8'), '"//Alice"');
    assert.equal(statSync(join(folder, GRAN)).mode & 0o777, 0o600);
  });
});

test('without types all of a BABE chain are written; only those named are removed', () => {
  withFolder((folder) => {
    putKeys(folder, [{ suri: '//Alice' }]);
    assert.equal(readdirSync(folder).length, 4);
    removeKeys(folder, [{ suri: '//Alice', types: ['gran'] }]);
    removeKeys(folder, [{ suri: '//Alice', types: ['gran'] }]);
    assert.equal(readdirSync(folder).length, 3);
    assert.ok(!readdirSync(folder).includes(GRAN));
  });
});

test('another suri needs its public key said', () => {
  withFolder((folder) => {
    const key = 'Ab'.repeat(32);
    putKeys(folder, [{ suri: '//Alice//2', types: ['gran'], publicKeys: { gran: `0x${key}` } }]);
    assert.deepEqual(readdirSync(folder), [`6772616e${'ab'.repeat(32)}`]);
    assert.throws(() => putKeys(folder, [{ suri: '//Alice//2', types: ['babe'] }]), /publicKeys\.babe/);
  });
});
