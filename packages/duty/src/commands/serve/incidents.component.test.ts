import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { Incident } from '../../service/index.ts';
import { incidentFiles } from './incidents.ts';

test('an incident is a JSON file and a text, which only the owner reads', async (context) => {
  const dir = temporaryFolder(context);
  const incident: Incident = {
    v: 1,
    chain: `0x${'11'.repeat(32)}`,
    key: `0x${'22'.repeat(32)}`,
    freeze: {
      before: 'enforce',
      cause: 'unknown-signature',
      by: 'watcher',
      reason: 'block 812 is sealed with this key, and no service granted it',
      atMs: 1_795_178_576_000,
      evidence: null,
      lifted: null,
    },
    frozen: [],
    next: ['Find the other signer.'],
  };
  await incidentFiles(dir)(incident);
  const folder = join(dir, 'incidents');
  const files = readdirSync(folder).sort();
  const stamp = new Date(1_795_178_576_000).toISOString().replaceAll(':', '-');
  assert.deepEqual(files, [`${stamp}-222222.json`, `${stamp}-222222.txt`]);
  const [json = '', text = ''] = files.map((file) => join(folder, file));
  assert.deepEqual(JSON.parse(readFileSync(json, 'utf8')), incident);
  assert.match(readFileSync(text, 'utf8'), /what +block 812[\s\S]*1\. Find the other signer/);
  assert.equal(statSync(json).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});
