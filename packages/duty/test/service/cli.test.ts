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
    assert.equal(ran.code, code, `${args.join(' ')}\n${ran.all}`);
    return ran.all;
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

  writePolicy(cwd, { duties: { babe: { digestRequired: false } }, originalWire: { enabled: true } });
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

  assert.equal((await service.stop('SIGTERM')).code, 0);
  assert.match(await expect(5, 'status', ...at), /no program listens on that port/);
  assert.match(await expect(5, ...claim('alpha', slot())), /unreachable/);

  const again = await line.serve(...ANY_PORT);
  assert.match(await expect(0, 'status', '--url', again.url), new RegExp(`babe +${unit} +alpha`));
  assert.equal((await again.stop('SIGINT')).code, 0);
  assertNoSecrets(line);
});
