import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { openArchive } from './archive/open.ts';
import { type DrillParts, drillArguments, drillBackup, wrongOf } from './drill.ts';
import { fileTaking } from './file-taking.ts';
import { localShell } from './host.ts';
import type { NodeFacts } from './run-state.ts';
import { fill, testFolder } from './testing/folder.ts';
import { DATABASE, FACTS, GENESIS, HASH, manifestFor } from './testing/manifest.ts';

const NEVER = new AbortController().signal;

/**
 * A stand-in for a node: it records its arguments and the files in its folder, and answers RPC as configured.
 */
const FAKE_NODE = `
const { createServer } = require('node:http');
const { readFileSync, readdirSync, writeFileSync } = require('node:fs');
const own = process.argv[2];
const args = process.argv.slice(3);
const value = (name) => args.find((one) => one.startsWith(name + '='))?.slice(name.length + 1);
const facts = JSON.parse(readFileSync(own + '/facts.json', 'utf8'));
writeFileSync(own + '/seen.json', JSON.stringify({ args, files: readdirSync(value('--base-path'), { recursive: true }) }));
if (facts === null) process.exit(3);
createServer((request, response) => {
  let text = '';
  request.on('data', (part) => { text += part; });
  request.on('end', () => {
    const { id, method, params } = JSON.parse(text);
    const answers = {
      chain_getBlockHash: params[0] === 0 ? facts.genesis : params.length === 0 ? facts.best.hash : facts.finalised.hash,
      system_version: facts.nodeVersion,
      system_health: { peers: facts.peers, isSyncing: false, shouldHavePeers: false },
      chain_getFinalizedHead: facts.finalised.hash,
      chain_getHeader: { number: '0x' + (params[0] === facts.best.hash ? facts.best : facts.finalised).number.toString(16) },
    };
    writeFileSync(own + '/answered', '');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }));
  });
}).listen(Number(value('--rpc-port')), '127.0.0.1');
`;

async function fake(context: TestContext, facts: NodeFacts | null) {
  const folder = testFolder(context);
  const run = localShell(process.env);
  writeFileSync(join(folder, 'fake-node.cjs'), FAKE_NODE);
  writeFileSync(join(folder, 'facts.json'), JSON.stringify(facts));
  writeFileSync(
    join(folder, 'chain.json'),
    JSON.stringify({ id: 'x', bootNodes: ['/dns/others/tcp/1'], genesis: {} }),
  );
  const program = join(folder, 'fake-node');
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${folder}/fake-node.cjs ${folder} "$@"\n`);
  chmodSync(program, 0o755);
  fill(join(folder, 'source'), DATABASE);
  mkdirSync(join(folder, 'archive'));
  const settings = { rcloneConfig: null, repositoryFile: null, passwordFile: null, atOnce: 2 };
  const archive = openArchive(run, { ...settings, address: `folder:${join(folder, 'archive')}` });
  const taking = fileTaking(run, join(folder, 'source'), archive);
  await taking.copy(manifestFor(), NEVER);
  const parts: DrillParts = {
    archive,
    manifest: manifestFor(),
    run,
    scratch: join(folder, 'scratch'),
    program,
    chain: join(folder, 'chain.json'),
    flags: [],
    clock: systemClock(),
    startMs: 60_000,
  };
  return { folder, parts };
}

/**
 * A node that is wrong is waited for as long as one that is slow: here until it was looked at once more after
 * its first answer.
 */
function untilHeard(answered: string, { clock }: DrillParts) {
  const stop = new AbortController();
  let looks = 0;
  const sleep: typeof clock.sleep = async (ms, signal) => {
    looks += existsSync(answered) ? 1 : 0;
    if (looks === 2) stop.abort();
    await clock.sleep(ms, signal);
  };
  return { clock: { ...clock, sleep }, signal: stop.signal };
}

const BEST = `0x${'c3'.repeat(32)}`;
const GOOD: NodeFacts = { ...FACTS, best: { number: 12, hash: BEST }, peers: 0 };

test('a node that has the heights of the backup and no peers passes, and no file of it is left', async (context) => {
  const { folder, parts } = await fake(context, GOOD);
  assert.deepEqual(await drillBackup(parts, NEVER), GOOD);
  const seen = JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8')) as {
    args: string[];
    files: string[];
  };
  assert.ok(seen.files.includes('chains/x/db/full/CURRENT'));
  for (const flag of [
    '--reserved-only',
    '--in-peers=0',
    '--out-peers=0',
    '--listen-addr=/ip4/127.0.0.1/udp/0',
    '--rpc-methods=safe',
  ])
    assert.ok(seen.args.includes(flag), flag);
  assert.ok(!seen.args.some((flag) => /validator|collator|keystore|node-key|bootnodes|port=30/.test(flag)));
  assert.deepEqual(readdirSync(parts.scratch), []);
});

test('a node on another chain, with less, another block or peers, or one that exits, fails the drill; no file is left', async (context) => {
  const cases: readonly (readonly [NodeFacts | null, RegExp])[] = [
    [{ ...GOOD, genesis: HASH }, /it is on another chain/],
    [{ ...GOOD, finalised: { number: 9, hash: HASH } }, /newest final block is 9, and the backup has 10/],
    [{ ...GOOD, best: { number: 11, hash: BEST } }, /best block is 11, and the backup has 12/],
    [{ ...GOOD, finalised: { number: 10, hash: GENESIS } }, /its block 10 is 0xa1a1/],
    [{ ...GOOD, peers: 1 }, /it has peers/],
    [null, /it ended by itself/],
  ];
  const all = cases.map(async ([facts, wanted]) => {
    const { folder, parts } = await fake(context, facts);
    const { clock, signal } = untilHeard(join(folder, 'answered'), parts);
    await assert.rejects(drillBackup({ ...parts, clock }, signal), wanted);
    assert.deepEqual(readdirSync(parts.scratch), []);
  });
  await Promise.all(all);
});

test('a damaged backup fails before a node is started', async (context) => {
  const { folder, parts } = await fake(context, GOOD);
  const { id } = manifestFor();
  fill(join(folder, 'archive/harbour/backup-here-0', id, 'data'), { 'data/chains/x/db/full/CURRENT': 'x' });
  await assert.rejects(drillBackup(parts, NEVER), /is damaged/);
  assert.ok(!existsSync(join(folder, 'seen.json')));
  assert.deepEqual(readdirSync(parts.scratch), []);
});

test('a chain that the program knows is named, one in a file loses its boot nodes', async (context) => {
  const { folder, parts } = await fake(context, GOOD);
  assert.ok(drillArguments({ ...parts, chain: 'westend' }, folder, 1).includes('--chain=westend'));
  mkdirSync(join(folder, 'own'));
  drillArguments(parts, join(folder, 'own'), 1);
  const own = JSON.parse(readFileSync(join(folder, 'own/chain.json'), 'utf8')) as { bootNodes: unknown };
  assert.deepEqual(own.bootNodes, []);
});

test('more than the backup says is well: blocks come until the node has stopped', async () => {
  const more = { ...GOOD, best: { number: 90, hash: BEST }, finalised: { number: 80, hash: BEST } };
  assert.equal(await wrongOf(manifestFor(), more, async () => HASH), null);
  assert.match((await wrongOf(manifestFor(), more, async () => null)) ?? '', /its block 10 is null/);
});
