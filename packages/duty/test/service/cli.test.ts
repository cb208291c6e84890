import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type CommandLine, commandLine } from './cli-process.ts';

leaveNothing('cli');

const CHAIN = `0x${'11'.repeat(32)}`;
const KEY = `0x${'22'.repeat(32)}`;
const OF_KEY = ['--chain', CHAIN, '--key', KEY];
const DIGEST = ['--digest', `0x${'ab'.repeat(32)}`];
const ANY_PORT = ['--service-listen-port', '0'];
const SLOT_MS = 60_000;
/** By itself the service gives a slot that ends soon half a second. */
const PATIENTLY = ['--wait-ms', '20000'];

function writePolicy(cwd: string, changes: Record<string, unknown> = {}): void {
  const document = {
    chain: CHAIN,
    key: KEY,
    roster: [
      { name: 'alpha', rank: 0 },
      { name: 'bravo', rank: 1 },
    ],
    duties: { babe: {} },
    ceilings: { slotMs: SLOT_MS },
    readiness: { required: false },
    ...changes,
  };
  writeFileSync(join(cwd, 'policy.yaml'), JSON.stringify(document));
}

/** A slot that is due now, and another that was: the clock allows both. */
function slot(back = 0): string {
  return String(Math.floor(Date.now() / SLOT_MS) - back);
}

function assertNoSecrets(line: CommandLine): void {
  const secrets = line.secrets();
  assert.ok(secrets.length > 0 && secrets.every((secret) => secret.length >= 43));
  const told = line.transcript();
  for (const secret of secrets) assert.ok(!told.includes(secret), 'a secret was printed');
}

test('every command against a real service, with its exit status; no secret in any output', async (t) => {
  const line = commandLine(t);
  const { cwd, run } = line;
  const expect = async (code: number, ...args: string[]): Promise<string> => {
    const ran = await run(...args);
    assert.equal(ran.code, code, `${args.join(' ')}\n${ran.stdout}${ran.stderr}`);
    return ran.stdout + ran.stderr;
  };
  await expect(0, 'init', '--name', 'one');
  const service = await line.serve(...ANY_PORT);
  const at = ['--url', service.url];
  assert.match(await expect(0, 'status', ...at), /ready, serving[\s\S]*none yet/);
  writePolicy(cwd);
  assert.match(await expect(0, 'policy', 'apply', 'policy.yaml', ...at), /applied as version 1/);
  for (const node of ['alpha', 'bravo'])
    await expect(0, 'token', 'create', '--role', 'node', '--name', node, '--out', `${node}.token`, ...at);
  const claim = (node: string, unit: string, ...more: string[]) => [
    'claim',
    ...OF_KEY,
    '--duty',
    'babe',
    '--unit',
    unit,
    ...DIGEST,
    '--token-file',
    `${node}.token`,
    ...PATIENTLY,
    ...at,
    ...more,
  ];

  assert.match(await expect(3, ...claim('alpha', slot())), /not-adopted/);
  assert.match(
    await expect(0, 'adopt', ...OF_KEY, '--floor', 'babe=9', '--confirmation', 'new', ...at),
    /babe +9/,
  );
  const unit = slot();
  assert.match(await expect(0, ...claim('alpha', unit)), /granted \(new\)/);
  assert.match(await expect(3, ...claim('bravo', unit)), /unit-taken/);
  assert.match(await expect(3, ...claim('alpha', '9')), /below-floor/);
  assert.equal(JSON.parse(await expect(3, ...claim('bravo', unit, '--json'))).reason, 'unit-taken');

  assert.match(await expect(0, 'status', ...at), new RegExp(`babe +${unit} +alpha +seal +9`));
  assert.match(await expect(0, 'policy', 'show', ...at), /mode enforce[\s\S]*name: bravo/);
  assert.match(await expect(0, 'policy', 'apply', 'policy.yaml', ...at), /no change/);
  writePolicy(cwd, { roster: [{ name: 'alpha', rank: 0 }] });
  assert.match(await expect(2, 'policy', 'apply', 'policy.yaml', ...at), /removes bravo/);
  await expect(0, 'policy', 'apply', 'policy.yaml', '--yes', ...at);
  assert.match(await expect(3, ...claim('bravo', slot())), /not-listed/);

  const { services } = JSON.parse(await expect(0, 'service', 'list', '--json', ...at));
  assert.equal(services[0].name, 'one');
  assert.match(await expect(1, 'service', 'remove', 'ffff', '--reason', 'lost', ...at), /what to do:/);
  assert.match(await expect(1, 'service', 'approve', 'ffff', '--reason', 'new', ...at), /what to do:/);

  writePolicy(cwd, {
    duties: { babe: { digestRequired: false } },
    originalWire: { enabled: true },
  });
  await expect(0, 'policy', 'apply', 'policy.yaml', ...at);
  await expect(
    0,
    'token',
    'create',
    '--role',
    'node',
    '--name',
    'alpha',
    '--original',
    ...OF_KEY,
    '--out',
    'a.url',
    ...at,
  );
  const base = readFileSync(join(cwd, 'a.url'), 'utf8').trim();
  const answer = await fetch(`${base}/authorize/slot/${unit}`, { method: 'PUT' });
  assert.equal(await answer.text(), 'false');
  assert.equal(statSync(join(cwd, 'a.url')).mode & 0o777, 0o600);

  const { tokens } = JSON.parse(await expect(0, 'token', 'list', '--json', ...at));
  const bravo = tokens.find(({ name }: { name: string }) => name === 'bravo');
  await expect(0, 'token', 'revoke', bravo.id, ...at);
  assert.match(await expect(1, ...claim('bravo', slot())), /identity-unknown/);
  assert.match(await expect(1, 'token', 'list', '--token-file', 'alpha.token', ...at), /role-forbidden/);

  service.signal('SIGTERM');
  assert.equal((await service.ended).code, 0);
  assert.match(await expect(5, 'status', ...at), /no program listens on that port/);
  assert.match(await expect(5, ...claim('alpha', slot())), /unreachable/);

  const again = await line.serve(...ANY_PORT);
  assert.match(await expect(0, 'status', '--url', again.url), new RegExp(`babe +${unit} +alpha`));
  again.signal('SIGINT');
  assert.equal((await again.ended).code, 0);
  assertNoSecrets(line);
});

test('TLS: nodes and operators show the certificates that init made', async (t) => {
  const line = commandLine(t);
  const { run, cwd } = line;
  assert.equal((await run('init', '--tls', '--node', 'alpha')).code, 0);
  const service = await line.serve(...ANY_PORT);
  assert.match(service.url, /^https:/);
  const at = ['--url', service.url];
  writePolicy(cwd);
  const applied = await run('policy', 'apply', 'policy.yaml', ...at);
  assert.equal(applied.code, 0, applied.stderr);
  const operator = ['--cert-file', 'tls/operator.pem', '--key-file', 'tls/operator.key', ...at];
  const adopted = await run('adopt', ...OF_KEY, '--never-signed', '--confirmation', 'new', ...operator);
  assert.equal(adopted.code, 0, adopted.stderr);
  const node = ['--cert-file', 'tls/nodes/alpha.pem', '--key-file', 'tls/nodes/alpha.key', ...at];
  const claimed = await run(
    'claim',
    ...OF_KEY,
    '--duty',
    'babe',
    '--unit',
    slot(),
    ...DIGEST,
    ...PATIENTLY,
    ...node,
  );
  assert.equal(claimed.code, 0, claimed.stdout + claimed.stderr);
  assert.match((await run('token', 'list', ...node)).stderr, /alpha has the role `node`/);
  service.signal('SIGTERM');
  assert.equal((await service.ended).code, 0);
  assertNoSecrets(line);
});

test('a claim under way is answered unknown when the service drains', async (t) => {
  const line = commandLine(t);
  const { run, cwd } = line;
  await run('init');
  const service = await line.serve('--service-listen-socket', 'w.sock');
  assert.match(service.url, /^unix:/);
  const at = ['--socket', 'w.sock'];
  // Slot 0 begins now, and the last of five waits the first four minutes of it.
  const roster = ['alpha', 'x', 'y', 'z', 'bravo'].map((name, rank) => ({ name, rank }));
  const ceilings = { slotMs: 10 * SLOT_MS, genesisMs: Date.now() };
  writePolicy(cwd, { roster, standbyDelayMs: 60_000, ceilings });
  await run('policy', 'apply', 'policy.yaml', ...at);
  await run('adopt', ...OF_KEY, '--never-signed', '--confirmation', 'new', ...at);
  await run('token', 'create', '--role', 'node', '--name', 'bravo', '--out', 'bravo.token', ...at);
  const claim = run(
    ...['claim', ...OF_KEY, '--duty', 'babe', '--unit', '0', ...DIGEST, '--token-file', 'bravo.token'],
    ...['--wait-ms', '25000', ...at],
  );
  const underWay = async () => {
    const { health } = JSON.parse((await run('status', '--json', ...at)).stdout);
    return health.inFlight > 0 ? 'held' : 'not yet';
  };
  const answered = claim.then(({ stdout, stderr }) => `${stdout}${stderr}`);
  let seen = 'not yet';
  while (seen === 'not yet') seen = await Promise.race([underWay(), answered]);
  assert.equal(seen, 'held');
  service.signal('SIGTERM');
  const { code, stdout } = await claim;
  assert.equal(code, 4, stdout);
  assert.match(stdout, /unknown \(draining\)/);
  assert.equal((await service.ended).code, 0);
});

test('what cannot start says why, with its exit status', async (t) => {
  const line = commandLine(t);
  const { run, cwd } = line;
  await run('init');
  const first = await line.serve(...ANY_PORT);
  const second = await run('serve', ...ANY_PORT);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /error: [\s\S]*code: +\S+[\s\S]*what to do: /);
  const port = new URL(first.url).port;
  const elsewhere = ['--service-data-dir', 'other', '--new-ledger'];
  const taken = await run('serve', '--service-listen-port', port, ...elsewhere);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /address-in-use/);
  assert.match(taken.stderr, /--service-listen-port/);
  const open = await run('serve', '--service-listen-host', '0.0.0.0', ...elsewhere);
  assert.equal(open.code, 2);
  assert.match(open.stderr, /TLS/);
  writeFileSync(join(cwd, 'bad.yaml'), 'operator: { tokenFile: nowhere }\n');
  const missing = await run('serve', '--config', 'bad.yaml', ...ANY_PORT);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /bad\.yaml:1:24/);
  const deaf = await run(
    'serve',
    '--store',
    'etcd://127.0.0.1:1',
    '--service-data-dir',
    'third',
    '--new-ledger',
    ...ANY_PORT,
  );
  assert.equal(deaf.code, 1);
  assert.match(deaf.stderr, /unavailable/);
  first.signal('SIGTERM');
  assert.equal((await first.ended).code, 0);
});
