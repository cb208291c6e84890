import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeChain, startFakeNode } from '@watchbill/chain/testing';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type CommandLine, commandLine } from './cli-process.ts';

leaveNothing('observe');

const CHAIN = `0x${'33'.repeat(32)}`;
const KEY = `0x${'44'.repeat(32)}`;
const OF_KEY = ['--chain', CHAIN, '--key', KEY];
const ROUND_STEP = 16;
/** Far above what an answer takes: it is to say what is not known, not that the time is over. */
const UNKNOWN_MS = 20_000;

const POLICY = {
  chain: CHAIN,
  key: KEY,
  roster: [{ name: 'alpha', rank: 0 }],
  duties: { grandpa: {} },
  ceilings: { slotMs: 6_000, roundStep: ROUND_STEP, observers: ['watcher'] },
  // The watch of alpha lasts for the whole test.
  watchTtlMs: 600_000,
  readiness: { maxAgeMs: 600_000 },
};

/** A service with a GRANDPA key of which alpha has the watch, and a token for the observer. */
async function groundWork(line: CommandLine) {
  const expect = async (code: number, ...args: string[]): Promise<string> => {
    const ran = await line.run(...args);
    assert.equal(ran.code, code, `${args.join(' ')}\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  await expect(0, 'init');
  const service = await line.serve('--service-listen-port', '0');
  const at = ['--url', service.url];
  writeFileSync(join(line.cwd, 'policy.yaml'), JSON.stringify(POLICY));
  await expect(0, 'policy', 'apply', 'policy.yaml', ...at);
  await expect(0, 'adopt', ...OF_KEY, '--never-signed', '--confirmation', 'new', ...at);
  for (const [role, name] of [
    ['node', 'alpha'],
    ['observer', 'watcher'],
  ] as const)
    await expect(0, 'token', 'create', '--role', role, '--name', name, '--out', `${name}.token`, ...at);
  const body = {
    chain: CHAIN,
    keys: [KEY],
    syncing: false,
    peers: 3,
    finalityLagBlocks: 2,
    clockOffsetMs: 0,
  };
  const token = readFileSync(join(line.cwd, 'alpha.token'), 'utf8').trim();
  const ready = await fetch(`${service.url}/v1/readiness`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { watch } = (await ready.json()) as { watch: readonly { term: string }[] };
  const enter = async (unit: string, waitMs = 10_000): Promise<{ code: number | null; reason: string }> => {
    const claim = ['claim', ...OF_KEY, '--duty', 'grandpa', '--part', 'enter', '--unit', unit];
    const asAlpha = [
      '--term',
      watch[0]?.term ?? '',
      '--token-file',
      'alpha.token',
      '--wait-ms',
      String(waitMs),
      '--json',
    ];
    const ran = await line.run(...claim, ...asAlpha, ...at);
    return { code: ran.code, reason: JSON.parse(ran.stdout).reason };
  };
  return { service, at, expect, enter };
}

test('no vote before somebody observes; then as far as was seen, across a change of the set', async (t) => {
  const line = commandLine(t);
  const chain = fakeChain({ genesis: CHAIN, finalized: 90, setId: 4, round: 30, finalizedBy: 4 });
  const node = await startFakeNode(chain.answers);
  t.after(() => node.close());
  const { service, at, expect, enter } = await groundWork(line);
  assert.deepEqual(await enter('4/31', UNKNOWN_MS), { code: 4, reason: 'ceiling-unknown' });

  const observe = ['observe', '--node', node.webSocketUrl, ...at];
  const nowhere = ['observe', '--node', 'ws://127.0.0.1:1', ...at, '--timeout-ms', '3000'];
  await expect(1, ...nowhere, '--once', '--token-file', 'alpha.token');
  assert.deepEqual(await enter('4/31', UNKNOWN_MS), { code: 4, reason: 'ceiling-unknown' });
  await expect(0, ...observe, '--once', '--token-file', 'alpha.token');
  assert.deepEqual(
    await enter('4/31', UNKNOWN_MS),
    { code: 4, reason: 'ceiling-unknown' },
    "the claimant's own report counts",
  );

  const told = await expect(0, ...observe, '--once', '--json', '--token-file', 'watcher.token');
  assert.deepEqual(JSON.parse(told), {
    chain: CHAIN,
    finalizedBlock: '90',
    session: '7',
    beefySetId: '9',
    setId: '4',
    round: '30',
  });
  assert.deepEqual(await enter('4/31'), { code: 0, reason: 'new' });
  assert.deepEqual(await enter('4/47'), { code: 3, reason: 'unit-ahead' });

  // The set id moves, and the old voter's round is read under it: round 30 of set 5 is far ahead.
  const watcher = await line.observe(
    ...observe,
    '--json',
    '--interval-ms',
    '100',
    '--token-file',
    'watcher.token',
  );
  chain.set({ setId: 5, finalized: 91 });
  await watcher.told((report) => report.finalizedBlock === '91');
  assert.deepEqual(await enter('5/30'), { code: 3, reason: 'unit-ahead' });
  assert.deepEqual(await enter('5/1'), { code: 0, reason: 'new' });
  // More than 16 rounds at once would be a jump.
  chain.set({ round: 14 });
  await watcher.told((report) => report.setId === '5');
  assert.deepEqual(await enter('5/30'), { code: 0, reason: 'new' });

  watcher.signal('SIGTERM');
  const { code, stderr } = await watcher.ended;
  assert.equal(code, 0, stderr);
  service.signal('SIGTERM');
  assert.equal((await service.ended).code, 0);
  const transcript = line.transcript();
  for (const secret of line.secrets()) assert.ok(!transcript.includes(secret), 'a secret was printed');
});
