// Every flag and argument that names an input file, given a missing file, a folder, an unreadable file and
// a binary file.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from './testing/run-all.ts';

const cwd = temporaryFolder();

before(async () => {
  for (const args of [
    ['init', '--name', 'box1'],
    ['nominate', 'init', '--example', '--dir', 'nominate'],
    ['coordinate', 'init', '--example', 'group'],
    ['fleet', 'init', '--dir', 'fleet', '--chain', 'dev'],
  ]) {
    const { code, all } = await runFake(args, { cwd });
    assert.equal(code, 0, all);
  }
  writeFileSync(join(cwd, 'binary'), Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28, 0x0a]));
  writeFileSync(join(cwd, 'locked'), 'text\n');
  chmodSync(join(cwd, 'locked'), 0o000);
  mkdirSync(join(cwd, 'folder'));
});

const FILES = ['missing', 'folder', 'binary', 'locked'] as const;
const CHECK = ['config', 'check'];
const STATUS = ['status', '--url', 'https://127.0.0.1:1'];
const GROUP = 'group/group.yaml';
const ADOPT = ['adopt', '--chain', `0x${'11'.repeat(32)}`, '--key', `0x${'22'.repeat(32)}`];
const NOMINATE = ['nominate', 'check', '--programme', 'nominate/programme.yaml'];

/** Command lines that end with the flag or argument; `@`, or else the end of the line, becomes the file. */
const LINES: readonly (readonly string[])[] = [
  ...['--config', '--tls-peer-ca-file', '--operator-ca-file'].map((flag) => [...CHECK, flag]),
  [...CHECK, '--tls-cert-file', '@', '--tls-key-file', '@'],
  [...CHECK, '--tls-cert-file', '@', '--tls-key-file', '@', '--tls-client-ca-file', '@'],
  ['serve', '--config'],
  ['status', '--config'],
  ...['--token-file', '--ca-file', '--cert-file', '--key-file'].map((flag) => [...STATUS, flag]),
  ['policy', 'apply'],
  [...ADOPT, '--never-signed', '--confirmation', 'x', '--policy'],
  ['ledger', 'verify'],
  ['ledger', 'import'],
  ['recover', '--export'],
  ['coordinate', 'run', '--config'],
  ['coordinate', 'status', '--config'],
  ['coordinate', 'group', 'join', '--config', 'group/one/coordinate.yaml'],
  ['coordinate', 'verify-evidence', '--group', GROUP],
  ['coordinate', 'dev-chain'],
  ['nominate', 'candidates', 'lint'],
  ['nominate', 'round', 'replay'],
  ['nominate', 'round', 'explain', '@', 'candidate'],
  ['nominate', 'next'],
  ['nominate', 'check', '--snapshot'],
  [...NOMINATE, '--snapshot'],
  ['nominate', 'run', '--config'],
  ['fleet', 'explain', '--file'],
  ['fleet', 'plan', '--file'],
  ['fleet', 'render', '--file'],
  ['fleet', 'status', '--file'],
  ['fleet', 'init', '--preset', 'solo-chain', '--dir', 'other', '--spec'],
  ['fleet', 'gateway', 'run', '--config'],
  ['fleet', 'watch', 'exporter', '--check', '--settings'],
  ['fleet', 'simulate'],
];

/** Words of Node, the system or OpenSSL that a person should not have to know, and the text for defects. */
const RAW = /\bE[A-Z]{4,}\b|\bERR_|errno|syscall|OSSL|:error:|node:internal|defect/;

describe('a wrong input file is named in a sentence, with status 2', () => {
  for (const line of LINES)
    for (const file of FILES) {
      const skip = file === 'locked' && process.getuid?.() === 0 ? 'root may read every file' : false;
      test(`${line.join(' ')} ${file}`, { skip }, async () => {
        const args = line.includes('@') ? line.map((word) => (word === '@' ? file : word)) : [...line, file];
        const { code, stderr } = await runFake(args, { cwd });
        assert.equal(code, 2, stderr);
        assert.ok(stderr.includes(file), stderr);
        assert.match(stderr, /what to do: \S/);
        assert.doesNotMatch(stderr, RAW);
      });
    }
});
