// The X.509 library asks that it is loaded first.
import { systemClock, systemRandom } from '@watchbill/kit';
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import * as x509 from '@peculiar/x509';
import { openLog } from '@watchbill/kit/command/log';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { loadConfig } from '../config/load.ts';
import { createAuthority } from './init/authority.ts';
import { startService } from './serve/wiring.ts';
import { runFake } from './testing/run-duty.ts';

const cwd = temporaryFolder();
const write = (name: string, text: string) => writeFileSync(join(cwd, name), text, { mode: 0o600 });

before(async () => {
  const clock = systemClock();
  const authority = await createAuthority(clock, systemRandom());
  const server = { name: 'one', role: 'server', hosts: ['localhost'] } as const;
  const past = { ...clock, nowMs: () => 0 };
  const old = await (await createAuthority(past, systemRandom())).issue(server);
  write('ca.pem', authority.certificate);
  for (const [name, pair] of [
    ['own', await authority.issue(server)],
    ['other', await authority.issue(server)],
    ['old', old],
  ] as const) {
    write(`${name}.pem`, pair.certificate);
    write(`${name}.key`, pair.key);
  }
  const own = await authority.issue(server);
  write('chain.pem', `${own.certificate}\n${authority.certificate}`);
  write('chain.key', own.key);
  write('reversed.pem', `${authority.certificate}\n${own.certificate}`);
  const key = createPrivateKey(own.key);
  write(
    'locked.key',
    key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' }).toString(),
  );
  write('broken.pem', own.certificate.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'));
  write('broken.key', own.key.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'));
  write('empty.pem', '');
  const weak = await weakPair();
  write('weak.pem', weak.certificate);
  write('weak.key', weak.key);
});

/** A key that is too short for TLS, and its certificate. */
async function weakPair() {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 1_024,
  };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=weak',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  };
}

const check = (...flags: readonly string[]) => runFake(['config', 'check', ...flags], { cwd });
const ofService = (cert: string, key: string) => ['--tls-cert-file', cert, '--tls-key-file', key];

test('certificates, keys and authorities that are right are valid', async () => {
  for (const name of ['own', 'chain']) {
    const { code, stderr } = await check(
      ...ofService(`${name}.pem`, `${name}.key`),
      ...['--tls-client-ca-file', 'ca.pem', '--tls-peer-ca-file', 'ca.pem'],
      ...['--operator-cert-file', 'other.pem', '--operator-key-file', 'other.key'],
    );
    assert.deepEqual([code, stderr], [0, ''], name);
  }
});

const WRONG: readonly (readonly [flags: readonly string[], what: RegExp])[] = [
  [ofService('own.key', 'own.key'), /tls\.certFile: \S+own\.key holds no certificate but a private key/],
  [ofService('own.pem', 'own.pem'), /tls\.keyFile: \S+own\.pem holds no private key but a certificate/],
  [
    ofService('other.pem', 'own.key'),
    /tls\.certFile: \S+other\.pem is not the certificate of the key in \S+own\.key/,
  ],
  [ofService('reversed.pem', 'chain.key'), /reversed\.pem is not the certificate of the key/],
  [ofService('empty.pem', 'own.key'), /empty\.pem holds no certificate$/m],
  [ofService('broken.pem', 'own.key'), /broken\.pem holds a certificate that cannot be read/],
  [ofService('own.pem', 'broken.key'), /broken\.key holds a private key that cannot be read/],
  [ofService('own.pem', 'locked.key'), /locked\.key holds a private key under a passphrase/],
  [
    [...ofService('own.pem', 'own.key'), '--tls-client-ca-file', 'own.key'],
    /tls\.clientCaFile: \S+own\.key holds no certificate/,
  ],
  [
    ['--operator-cert-file', 'own.pem', '--operator-key-file', 'other.key'],
    /operator\.certFile: \S+own\.pem is not/,
  ],
  [ofService('weak.pem', 'weak.key'), /tls\.certFile: \S+weak\.pem with \S+weak\.key is refused by TLS: \S+/],
  [['--store-tls-ca-file', 'empty.pem'], /store\.tls\.caFile: \S+empty\.pem holds no certificate/],
];

test('every wrong file is named by config check and by serve, before anything is begun', async () => {
  for (const [flags, what] of WRONG) {
    const checked = await check(...flags);
    assert.equal(checked.code, 2, checked.all);
    assert.match(checked.stderr, what);
    const served = await runFake(['serve', ...flags], { cwd });
    assert.equal(served.code, 2, served.all);
    assert.match(served.stderr, what);
    assert.ok(!served.stderr.includes('serving') && !existsSync(join(cwd, 'data')));
  }
});

test('a certificate that has ended is a warning', async () => {
  const { code, stderr } = await check(...ofService('old.pem', 'old.key'));
  assert.equal(code, 0);
  assert.match(stderr, /warning: tls\.certFile: \S+old\.pem is valid from .* not now/);
});

test('a client certificate without its key, or with another one, is refused in words', async () => {
  const ask = (...flags: readonly string[]) =>
    runFake(['status', '--url', 'https://127.0.0.1:1', ...flags], { cwd });
  for (const flags of [
    ['--cert-file', 'own.pem'],
    ['--key-file', 'own.key'],
    ['--cert-file', 'own.pem', '--key-file', 'other.key'],
  ]) {
    const { code, stderr } = await ask(...flags);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /do not belong together\n.*flag --(key|cert)-file\n.*--cert-file and --key-file/);
  }
  assert.equal(
    (await ask('--cert-file', 'own.pem', '--key-file', 'own.key')).code,
    5,
    'nothing listens there',
  );
});

test('a service logs that its own certificate expires soon', async (context) => {
  const cwd = temporaryFolder(context);
  const clock = { ...systemClock(), nowMs: () => Date.now() - 360 * 86_400_000 };
  const authority = await createAuthority(clock, systemRandom());
  const { certificate, key } = await authority.issue({ name: 'one', role: 'server', hosts: ['localhost'] });
  writeFileSync(join(cwd, 'own.pem'), certificate);
  writeFileSync(join(cwd, 'own.key'), key, { mode: 0o600 });
  const io = { ...fakeIo({ cwd }), clock: systemClock(), random: systemRandom() };
  const written: string[] = [];
  const log = openLog({ ...io, err: (text) => void written.push(text) }, { level: 'warn', format: 'json' });
  const fields = { 'service.listen.port': '0', 'tls.certFile': 'own.pem', 'tls.keyFile': 'own.key' };
  const running = await startService(loadConfig(io, { fields }).config, io, log);
  await running.stop(1_000);
  assert.match(written.join(''), /"certificate-ends".*expires in [45] days/);
});
