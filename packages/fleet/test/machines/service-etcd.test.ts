// The etcd that `service:` makes in a cluster, and three services on it: the command lines of the rendered
// objects, each in a network namespace with the names that the DNS of the cluster has. Certificates as
// cert-manager makes them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { type Authority, certificateAuthority, findEtcd, waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { runCli } from 'watchbill';
import { openPodNet, type PodNet, type PodProcess, setsOf } from './quorum-pods.ts';

const WAIT = { timeoutMs: 180_000, everyMs: 250 };
const OPERATOR = 'wbo_operator-token-of-this-test-alone-0002';
const CHAIN = `0x${'7a'.repeat(32)}`;
const KEY = `0x${'42'.repeat(32)}`;
const SLOT_MS = 1_000;
const DIGEST = 'ab'.repeat(32);

let folder: string;
let net: PodNet;
let members: readonly PodProcess[];
let services: readonly PodProcess[];

const file = () =>
  JSON.stringify({
    format: 'watchbill/network/1',
    name: 'pier',
    chain: { name: 'westend' },
    clusters: { main: {} },
    service: {
      name: 'watch',
      places: ['main'],
      image: `registry.example.org/watchbill@sha256:${DIGEST}`,
      tls: 'watch-tls',
      operator: 'watch-operator',
      store: {
        etcd: { image: `registry.example.org/etcd@sha256:${DIGEST}`, tls: 'etcd-tls' },
        tls: 'watch-etcd',
      },
    },
  });

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchbill-quorum-'));
  writeFileSync(join(folder, 'network.yaml'), file());
  const sets = setsOf(await rendered());
  const [etcd, watch] = [sets.get('watch-etcd'), sets.get('watch')];
  assert.ok(etcd !== undefined && watch !== undefined);
  net = openPodNet(folder, [etcd, watch]);
  const found = findEtcd('v3.6');
  assert.ok(found.found, found.found ? '' : found.why);
  const programs = { etcd: [found.etcd], watchbill: [process.execPath, COMMAND] };
  const ofEtcd = certificateAuthority(folder, 'etcd');
  const secrets = {
    'etcd-tls': issued(ofEtcd, 'members', 'watch-etcd'),
    'watch-etcd': issued(ofEtcd, 'watch'),
    'watch-tls': issued(certificateAuthority(folder, 'watch-ca'), 'services', 'watch'),
    'watch-operator': { token: OPERATOR },
  };
  mkdirSync(join(folder, 'client'));
  const client = {
    ...secrets['watch-tls'],
    token: OPERATOR,
    ...stranger(issued(certificateAuthority(folder, 'others'), 'stranger')),
  };
  for (const [name, text] of Object.entries(client))
    writeFileSync(join(folder, 'client', name), text, { mode: 0o600 });
  members = net.podsOf(etcd, programs, secrets);
  services = net.podsOf(watch, programs, secrets);
  for (const { process: one } of [...members, ...services]) one.start();
});
after(async () => {
  await net?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Entries as cert-manager writes them, with the names of the pods of a set. */
function issued(authority: Authority, name: string, set?: string): Readonly<Record<string, string>> {
  const ofSet = set === undefined ? [] : [0, 1, 2].map((at) => `DNS:${set}-${at}.${set}.pier.svc`);
  const names = [...ofSet, 'DNS:localhost', 'IP:127.0.0.1'].join(',');
  const { cert, key } = authority.issue(name, { names });
  return { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert };
}

const stranger = (entries: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(entries).map(([name, text]) => [`stranger-${name}`, text]));

/** As a person renders it. */
async function rendered(): Promise<string> {
  const io = realIo(folder);
  assert.equal(await runCli(['fleet', 'file', 'render', '--format', 'yaml'], io), 0, io.stderr());
  return io.stdout();
}

interface Ran {
  readonly code: number;
  readonly out: string;
}

/** A program beside the pods. */
function beside(...words: readonly string[]): Promise<Ran> {
  const [program = '', ...args] = [...net.beside, ...words];
  return new Promise((resolve) => {
    execFile(program, args, { cwd: join(folder, 'client'), timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: `${out}${err}` }),
    );
  });
}

const url = (at: number) => `https://watch-${at}.watch.pier.svc:8450`;
const watchbill = (at: number, token: string, ...args: readonly string[]) =>
  beside(process.execPath, COMMAND, ...args, '--url', url(at), '--ca-file', 'ca.crt', '--token-file', token);

const healthOf = async ({ at }: PodProcess): Promise<boolean> => {
  try {
    const answer = await fetch(`http://${at.hostAddress}:2381/health`, {
      signal: AbortSignal.timeout(3_000),
    });
    return answer.ok && ((await answer.json()) as { readonly health: string }).health === 'true';
  } catch {
    return false;
  }
};

const tails = () => [...members, ...services].map(({ process: one }) => one.tail()).join('\n');

async function untilReady(which: readonly number[]): Promise<void> {
  for (const at of which)
    await waitFor(
      `watch-${at} is ready`,
      async () => (await beside('curl', '-sf', '--cacert', 'ca.crt', `${url(at)}/readyz`)).code === 0,
      { ...WAIT, detail: tails },
    );
}

const claim = (at: number, slot: number, digest: number) =>
  watchbill(
    at,
    'alpha.token',
    ...['claim', '--chain', CHAIN, '--key', KEY, '--duty', 'babe', '--unit', `${slot}`],
    ...['--digest', `0x${digest.toString(16).padStart(64, '0')}`],
    ...['--timeout-ms', '3000', '--wait-ms', '1000'],
  );

let last = 0;
/** A slot of this moment that no claim has asked for. */
async function freshSlot(): Promise<number> {
  await waitFor('the next slot', async () => Math.floor(Date.now() / SLOT_MS) > last, WAIT);
  last = Math.floor(Date.now() / SLOT_MS);
  return last;
}

/** One is granted, at that service. */
async function untilGranted(at: number): Promise<number> {
  let [slot, reply] = [0, ''];
  await waitFor(
    'a grant',
    async () => {
      slot = await freshSlot();
      const { code, out } = await claim(at, slot, 1);
      reply = out;
      return code === 0;
    },
    { ...WAIT, detail: () => `${reply}\n${tails()}` },
  );
  return slot;
}

test('three members form a cluster by the rendered names, and three services make one ledger on it', async () => {
  for (const member of members)
    await waitFor('a member is healthy', () => healthOf(member), { ...WAIT, detail: tails });
  await untilReady([0, 1, 2]);
  const policy = {
    chain: CHAIN,
    key: KEY,
    roster: [{ name: 'alpha', rank: 0 }],
    duties: { babe: {} },
    ceilings: { slotMs: SLOT_MS },
    readiness: { required: false },
  };
  writeFileSync(join(folder, 'client', 'policy.yaml'), JSON.stringify(policy));
  for (const args of [
    ['policy', 'apply', 'policy.yaml'],
    ['adopt', '--chain', CHAIN, '--key', KEY, '--never-signed', '--confirmation', 'a key of this test'],
    ['token', 'create', '--role', 'node', '--name', 'alpha', '--out', 'alpha.token'],
  ]) {
    const done = await watchbill(0, 'token', ...args);
    assert.equal(done.code, 0, `${args.join(' ')}: ${done.out}`);
  }
  const slot = await untilGranted(0);
  const other = await claim(1, slot, 2);
  assert.notEqual(other.code, 0, 'another block for that slot is denied at the second service');
});

test('etcd refuses a client without a certificate of its authority', async () => {
  const to = ['-s', '--max-time', '10', '--cacert', '../watch-etcd-0/tls/ca.crt'];
  const versions = 'https://watch-etcd-0.watch-etcd.pier.svc:2379/version';
  const own = '../watch-0/store-tls';
  const known = await beside('curl', ...to, '--cert', `${own}/tls.crt`, '--key', `${own}/tls.key`, versions);
  assert.equal(known.code, 0, known.out);
  assert.match(known.out, /etcdserver/);
  assert.notEqual((await beside('curl', ...to, versions)).code, 0);
  const wrong = ['--cert', 'stranger-tls.crt', '--key', 'stranger-tls.key'];
  assert.notEqual((await beside('curl', ...to, ...wrong, versions)).code, 0);
});

test('with one member lost slots are granted, with two none is, and with all back the grants count', async () => {
  const [first, second] = members;
  assert.ok(first !== undefined && second !== undefined);
  const before = await untilGranted(0);
  await first.process.kill();
  await untilGranted(1);
  await second.process.kill();
  for (const at of [0, 1, 2]) {
    const { code, out } = await claim(at, await freshSlot(), 1);
    assert.notEqual(code, 0, `one member is not a quorum: ${out}`);
  }
  for (const { process: one } of [first, second]) one.start();
  await untilGranted(2);
  const again = await claim(2, before, 3);
  assert.notEqual(again.code, 0, 'a slot of before is not granted for another block');
});

test('after a power loss of all six the same command lines come up again, and continue', async () => {
  for (const { process: one } of [...members, ...services]) await one.kill();
  for (const { process: one } of [...services, ...members]) one.start();
  await untilReady([0, 1, 2]);
  await untilGranted(1);
});
