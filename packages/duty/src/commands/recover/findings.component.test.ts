// The X.509 library asks that it is loaded first.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock, systemRandom } from '@watchbill/kit';
import { createAuthority } from '../init/authority.ts';
import { LEDGER_ID } from '../ledger/testing/ground.ts';
import { incidentFiles } from '../serve/incidents.ts';
import { CHAIN, KEY } from '../testing/fake-ledger.ts';
import { runFake } from '../testing/run-duty.ts';
import { CONFIG, disaster, FLOOR, POLICY, policyRecords, putAll } from './testing/fixture.ts';

/** Each finding as a person reads it, and as JSON. */

interface Finding {
  readonly kind: string;
  readonly what: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
}

/** The command twice: its exit status and text, and its JSON. */
async function recover(cwd: string, ...args: readonly string[]) {
  const { code, stdout } = await runFake(['recover', ...args], { cwd });
  const json = await runFake(['recover', ...args, '--json'], { cwd });
  assert.equal(json.code, code);
  const report = JSON.parse(json.stdout) as { id: string | null; clock?: string; findings: Finding[] };
  const found = (kind: string): Finding =>
    report.findings.find((one) => one.kind === kind) ?? assert.fail(`no finding ${kind}`);
  return { code, stdout, report, found };
}

test('a store file that is gone is found, and is not made anew', async (t) => {
  const cwd = await disaster(t);
  rmSync(join(cwd, 'data', 'store.sqlite'));
  const { code, stdout, found } = await recover(cwd);
  assert.equal(code, 4);
  assert.match(stdout, /store-empty: the store holds no ledger/);
  assert.deepEqual(found('store-empty').evidence, [`the data folder is of ledger ${LEDGER_ID}`]);
  assert.deepEqual(readdirSync(join(cwd, 'data')), ['ledger.db']);
});

test('a record that is damaged is named with what to do', async (t) => {
  const cwd = await disaster(t);
  await putAll(cwd, { [`policy/${CHAIN}/${KEY}/version/${'0'.repeat(64)}`]: {}, ledger: {} });
  const { code, all } = await runFake(['recover'], { cwd });
  assert.equal(code, 1);
  assert.match(all, /the ledger record cannot be read: .*\n.*\n.*Run the release .*restore a copy of it/);
});

test('a store that does not answer is named with the way to get its quorum back', async (t) => {
  const cwd = await disaster(t);
  const { code, stdout, report, found } = await recover(cwd, '--store', 'etcd://127.0.0.1:1/watchbill');
  assert.equal(code, 5);
  assert.match(stdout, /store-unreachable: the store cannot be read/);
  assert.match(stdout, /etcdutl snapshot restore/);
  assert.match(stdout, /no plan was made\n$/);
  assert.equal(report.id, null);
  const { evidence, remedy } = found('store-unreachable');
  assert.ok(evidence.includes('members: 127.0.0.1:1'), evidence.join('\n'));
  assert.match(remedy, /etcdutl snapshot restore/);
});

test('a store of another ledger than the data folder is found, and there is no plan', async (t) => {
  const cwd = await disaster(t);
  await putAll(cwd, { ledger: { v: 1, id: 'ledger-2', createdMs: 1 } });
  const { code, stdout, report, found } = await recover(cwd, ...FLOOR);
  assert.equal(code, 4);
  assert.match(stdout, /other-ledger: the store is of another ledger than the data folder/);
  assert.match(stdout, /NO PLAN: 1 problem\n {2}the ledger of this service is of ledger ledger-1, the store/);
  assert.equal(report.id, null);
  assert.deepEqual(found('other-ledger').evidence, [
    'the store: ledger ledger-2',
    `the data folder: ledger ${LEDGER_ID}`,
  ]);
});

test('a certificate that ended is found with its file and line; the plan is made', async (t) => {
  const cwd = await disaster(t);
  const past = { ...systemClock(), nowMs: () => 0 };
  const authority = await createAuthority(past, systemRandom());
  const { certificate, key } = await authority.issue({ name: 'one', role: 'server', hosts: ['localhost'] });
  writeFileSync(join(cwd, 'server.pem'), certificate);
  writeFileSync(join(cwd, 'server.key'), key, { mode: 0o600 });
  const tls = 'tls: { certFile: server.pem, keyFile: server.key }\n';
  writeFileSync(join(cwd, 'watchbill.yaml'), `${CONFIG}${tls}`);
  const { code, stdout, report, found } = await recover(cwd, ...FLOOR);
  assert.equal(code, 0);
  assert.match(stdout, /certificate-expired: tls\.certFile: \S+server\.pem is valid from 19[67]\d-/);
  assert.notEqual(report.id, null);
  assert.match(found('certificate-expired').evidence.join(), /watchbill\.yaml:3:/);
  assert.match(found('certificate-expired').remedy, /put it in this place, and start the service again/);
});

/** An incident file of the service, as `serve` writes it. */
async function incidentIn(cwd: string, atMs: number): Promise<void> {
  const freeze = {
    before: 'enforce',
    cause: 'unknown-signature',
    by: 'watcher',
    reason: 'block 812 is sealed with this key, and no service granted it',
    atMs,
    evidence: null,
    lifted: null,
  } as const;
  const frozen = [{ chain: CHAIN, key: KEY, version: 2 }];
  await incidentFiles(join(cwd, 'data'))({ v: 1, chain: CHAIN, key: KEY, freeze, frozen, next: [] });
}

test('a freeze that the restored store does not have is found', async (t) => {
  const cwd = await disaster(t);
  await incidentIn(cwd, 1_795_178_576_000);
  const { code, stdout, found } = await recover(cwd, ...FLOOR);
  assert.equal(code, 0);
  assert.match(stdout, /freeze-lost: the store does not have a freeze that this service made/);
  assert.match(found('freeze-lost').evidence.join(), new RegExp(`${KEY}, frozen 2026-.*block 812`));
  assert.match(found('freeze-lost').remedy, /watchbill freeze --key/);
});

test('a freeze that the store has, lifted or not, is no finding; nor is an incident file that cannot be read', async (t) => {
  const cwd = await disaster(t);
  const atMs = 1_795_178_576_000;
  await incidentIn(cwd, atMs);
  writeFileSync(join(cwd, 'data', 'incidents', 'other.json'), 'x');
  const freeze = { before: 'enforce', cause: 'operator', by: 'ada', reason: 'r', atMs, evidence: null };
  for (const lifted of [null, { by: 'ada', reason: 'r', atMs: atMs + 1 }]) {
    const policy = { ...POLICY, mode: lifted === null ? 'frozen' : 'enforce', freeze: { ...freeze, lifted } };
    await putAll(cwd, policyRecords(policy));
    const { report } = await recover(cwd, ...FLOOR);
    assert.ok(report.findings.every(({ kind }) => kind !== 'freeze-lost'));
  }
});

test('a node that does not answer is named, and the clock is not compared', async (t) => {
  const cwd = await disaster(t);
  const { stdout, report, found } = await recover(cwd, '--node', 'http://127.0.0.1:1', ...FLOOR);
  assert.match(stdout, /node-silent: the node http:\/\/127.0.0.1:1 did not report the present/);
  assert.match(stdout, /\nclock not compared \(no --node reported the time of its newest block\)\n/);
  assert.equal(report.clock, 'no-time');
  assert.equal(found('node-silent').evidence.length, 1);
});

test('without a node the plan has a line that the clock was not compared', async (t) => {
  const { stdout, report } = await recover(await disaster(t), ...FLOOR);
  assert.match(stdout, /\nclock not compared \(no --node\)\n/);
  assert.equal(report.clock, 'no-node');
});

test('evidence shows long names short for people, and whole as JSON', async (t) => {
  const { stdout, found } = await recover(await disaster(t), ...FLOOR);
  const [line = ''] = found('store-behind').evidence;
  assert.ok(line.startsWith(`${CHAIN}/${KEY}/grandpa: `), line);
  const shown = stdout.split('\n').find((one) => one.includes('remembers entry')) ?? '';
  assert.match(shown, /^ {4}- 0x11111111…111111\/0x22222222…222222\/grandpa: the ledger of this service/);
});
