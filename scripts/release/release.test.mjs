import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ROOT } from '../pinned.mjs';
import { cratesOf } from './extras.mjs';
import { signerOf } from './minisign.mjs';
import { guideOf, notesOf, oldestGlibc, provenanceOf, sumsText, versionsOf } from './papers.mjs';

/** A secret key as `minisign -G -W` writes it, and its public key. */
function newKey(kdf = '\0\0') {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const half = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const head = [Buffer.from(`Ed${kdf}B2`), Buffer.alloc(48), Buffer.from('identity')];
  const bytes = Buffer.concat([...head, seed, half, Buffer.alloc(32)]);
  return { publicKey, text: `untrusted comment: a key\n${bytes.toString('base64')}\n` };
}

test('a signature has the form of minisign, over the digest of the file and over the comment', () => {
  const { publicKey, text } = newKey();
  const content = Buffer.from('sums');
  const lines = signerOf(text)(content, 'watchbill 1.2.3').split('\n');
  const [signed, whole] = [lines[1], lines[3]].map((line) => Buffer.from(line, 'base64'));
  assert.equal(signed.toString('latin1', 0, 10), 'EDidentity');
  assert.equal(lines[2], 'trusted comment: watchbill 1.2.3');
  const signature = signed.subarray(10);
  const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }));
  assert.ok(verify(null, createHash('blake2b512').update(content).digest(), key, signature));
  assert.ok(verify(null, Buffer.concat([signature, Buffer.from('watchbill 1.2.3')]), key, whole));
});

test('a key with a password, of another kind or with halves that do not fit is refused', () => {
  assert.throws(() => signerOf(newKey('Sc').text), /has a password/);
  assert.throws(() => signerOf('untrusted comment: x\nAAAA\n'), /no secret key of minisign/);
  const [head, body] = newKey().text.split('\n');
  const bytes = Buffer.from(body, 'base64');
  bytes[100] ^= 1;
  assert.throws(() => signerOf(`${head}\n${bytes.toString('base64')}`), /do not fit/);
});

test('the notes are the section of the version, or what is not released yet', () => {
  const changelog = '# Changelog\n\n## Unreleased\n\n- new\n\n## 0.2.0\n\n- old\n';
  assert.equal(notesOf(changelog, '0.2.0'), '# watchbill 0.2.0\n\n- old\n');
  assert.equal(notesOf(changelog, '0.3.0'), '# watchbill 0.3.0\n\n- new\n');
  assert.throws(() => notesOf('# Changelog\n', '0.3.0'), /no section for 0[.]3[.]0/);
});

test('the page of a release names the files that it has, and no others', () => {
  const template = readFileSync(join(ROOT, 'deploy/release.md'), 'utf8');
  const named = [...new Set(template.match(/watchbill-[a-z-]*VERSION[a-zA-Z0-9.-]*/g))];
  const files = named.map((name) => name.replace('VERSION', '1.0.0').replace('PROCESSOR', 'x64'));
  const page = (has) => guideOf(template, { version: '1.0.0', processor: 'x64', files: files.filter(has) });
  const whole = page(() => true);
  for (const file of files) assert.ok(whole.includes(file), file);
  assert.doesNotMatch(whole, /VERSION\b|PROCESSOR/);
  const plain = page((file) => !/test-node|image|deploy/.test(file));
  assert.doesNotMatch(plain, /test-node|image|watchbill-deploy|pair[.]sh|docker/);
  assert.match(plain, /[.]deb.*linux-x64.*[.]tgz.*SHA256SUMS.*chmod.*`demo` kills/s);
  assert.match(
    page((file) => !file.includes('test-node')),
    /watchbill-image-1[.]0[.]0.*watchbill-deploy-/s,
  );
});

test('the table of versions says the oldest C library, and which file was not run', () => {
  const glibc = oldestGlibc(Buffer.from('..GLIBC_2.9\0GLIBC_2.28\0GLIBC_PRIVATE'));
  assert.equal(glibc, 28);
  const file = { name: 'a', target: 'Linux arm64', glibc, size: 8e7, wasRun: false };
  const text = versionsOf([file], { version: '1.0.0', commit: 'c', node: '24.0.0' });
  assert.match(text, /\| `a` \| Linux arm64 \| glibc 2[.]28 \| 80[.]0 MB \| no \|/);
});

test('the provenance names each file by its digest, and where it comes from', () => {
  const origin = { home: 'urn:x', commit: 'c1', lock: 'l1', nodes: [] };
  const statement = provenanceOf({ 'a.tgz': 'd1' }, origin);
  assert.equal(statement._type, 'https://in-toto.io/Statement/v1');
  assert.deepEqual(statement.subject, [{ name: 'a.tgz', digest: { sha256: 'd1' } }]);
  assert.equal(statement.predicateType, 'https://slsa.dev/provenance/v1');
  const { buildDefinition, runDetails } = statement.predicate;
  assert.deepEqual(buildDefinition.resolvedDependencies[0].digest, { gitCommit: 'c1' });
  assert.equal(runDetails.builder.id, 'urn:x#scripts/release');
  assert.equal(sumsText({ 'a.tgz': 'd1' }), 'd1  a.tgz\n');
});

test('the workflow runs the release on a tag, with actions by their commit and rights to read alone', () => {
  const text = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
  const { on, permissions, jobs } = parse(text);
  assert.deepEqual([on, permissions], [{ push: { tags: ['v*'] } }, { contents: 'read' }]);
  const steps = jobs.release.steps;
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.equal(scripts.release, 'node scripts/release.mjs');
  assert.equal(steps.filter(({ run }) => run?.startsWith('npm run release')).length, 1);
  for (const { uses } of steps) assert.match(uses ?? 'a@'.padEnd(42, '0'), /@[0-9a-f]{40}$/);
});

test('the bill of materials of the test node names each crate, with the digest of a fetched one', () => {
  const lock = readFileSync(join(ROOT, 'substrate/Cargo.lock'), 'utf8');
  const { components } = cratesOf(lock, { version: '1.0.0' });
  assert.equal(components.length, lock.split('[[package]]').length - 1);
  const own = components.filter(({ hashes }) => hashes === undefined).map(({ name }) => name);
  assert.equal(lock.split('checksum = ').length - 1, components.length - own.length);
  assert.ok(own.includes('watchbill-gate'));
});

test('release, site and pack print their flags with examples, and a line for a flag that they do not know', () => {
  for (const name of ['release', 'site', 'pack']) {
    const script = join(ROOT, `scripts/${name}.mjs`);
    const run = (flag) => spawnSync(process.execPath, [script, flag], { encoding: 'utf8' });
    assert.match(run('--help').stdout, new RegExp(`^(npm run |node scripts/)${name}.* --[a-z]`, 'm'));
    const { status, stderr } = run('--nope');
    assert.deepEqual([status, stderr], [2, "Unknown option '--nope'; --help prints the valid flags\n"]);
  }
});
