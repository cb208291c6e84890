// Pages about a service that runs, followed as printed on one service with the embedded store.

import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fakeChain, startFakeNode } from '@watchbill/chain/testing';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { KEY, startWorld, until, type World } from '@watchbill/testkit/pages/world';
import { CHAIN, keyOf } from '@watchbill/testkit/service/ledger-setup';

const LIMIT = { timeout: 240_000 };
const endOf = (key: string): Substitution => ['6da27d', key.slice(-6), 'the end of the key of the page'];
/** Of the missed slot on the page about monitoring. */
const MISSED_KEY = keyOf(0x78);
const LONG_SLOT_MS = 600_000;
/** The chain of the page about the original wire protocol. */
const OTHER_CHAIN = `0x${'11'.repeat(32)}`;

let world: World;
let node: Awaited<ReturnType<typeof startFakeNode>>;
let otherNode: Awaited<ReturnType<typeof startFakeNode>>;

before(async () => {
  // A long session: after a lost one, the service denies the slot of now.
  world = await startWorld('pages', { boxes: ['box1'], sessionTtlMs: 30_000 });
  const state = { finalized: 90, setId: 4, round: 30, finalizedBy: 4 };
  node = await startFakeNode(fakeChain({ genesis: CHAIN, ...state }).answers);
  otherNode = await startFakeNode(fakeChain({ genesis: OTHER_CHAIN, ...state }).answers);
  await world.grant('box1');
}, LIMIT);

after(async () => {
  await node?.close();
  await otherNode?.close();
});

/**
 * Of another key, a slot that alpha asks for while the key is frozen. It began now and lasts ten minutes, so
 * that no claim is late.
 */
async function missOne(): Promise<void> {
  const policy = `chain: "${CHAIN}"
key: "${MISSED_KEY}"
roster: [{ name: alpha, rank: 0 }]
duties: { babe: {} }
ceilings: { slotMs: ${LONG_SLOT_MS}, genesisMs: ${Date.now() - 10 * LONG_SLOT_MS} }
readiness: { required: false }
`;
  writeFileSync(join(world.folder, 'missed.yaml'), policy);
  await world.shell(`export WATCHBILL_CONFIG=box1/watchbill.yaml
    set -e
    watchbill policy apply missed.yaml
    watchbill adopt --chain ${CHAIN} --key ${MISSED_KEY} --never-signed --confirmation "made for this test"
    watchbill token create --role node --name alpha --out missed.token
    watchbill freeze --key ${MISSED_KEY} "a copy of the disk is missing"
    watchbill claim --chain ${CHAIN} --key ${MISSED_KEY} --duty babe --unit 10 --digest 0x${'aa'.repeat(32)} \
      --wait-ms 20000 --token-file missed.token > claimed.txt || [ $? = 3 ]
    grep key-frozen claimed.txt
    watchbill freeze lift --key ${MISSED_KEY} --reason "found"`);
}

const pageOf = (name: string): string => `docs/duty/how-to/${name}.md`;

async function follow(name: string, table: readonly Substitution[]): Promise<readonly string[]> {
  const env = { WATCHBILL_CONFIG: 'box1/watchbill.yaml' };
  const outputs = await followPage(world, pageOf(name), { table, env });
  stamp(pageOf(name), sqliteVersion());
  return outputs;
}

const address = (): string => `127.0.0.1:${world.ports.get('box1')}`;

test('the console in a terminal shows the keys and the denials', LIMIT, async () => {
  await follow('console', []);
});

test('a key is frozen, shown, and lifted', LIMIT, async () => {
  await world.grant('box1');
  await follow('freeze', [endOf(KEY)]);
  await world.grant('box1');
});

test('an observer is listed, gets a token, and reports', LIMIT, async () => {
  await missOne();
  const page = readFileSync(join(ROOT, pageOf('observe')), 'utf8');
  const [, ceilings = ''] = /```yaml\n(ceilings:\n[^`]*)```/.exec(page) ?? [];
  const policy = `chain: "${CHAIN}"
key: "${KEY}"
roster: [{ name: alpha, rank: 0 }, { name: bravo, rank: 1 }]
duties: { babe: {} }
standbyDelayMs: 0
readiness: { required: false }
${ceilings.replace('slotMs: 6000', 'slotMs: 1000')}`;
  assert.match(policy, /slotMs: 1000\n +observers: \[watcher\]/);
  writeFileSync(join(world.folder, 'policy.yaml'), policy);
  await follow('observe', [
    ['https://box1:8450 --ca-file ca.pem', `http://${address()}`, 'the service listens on loopback'],
    ['ws://127.0.0.1:9944', node.webSocketUrl, 'a node of the test'],
  ]);
});

test('the original wire protocol grants a slot once', LIMIT, async () => {
  // Each page makes a token of this name.
  rmSync(join(world.folder, 'watcher.token'), { force: true });
  await follow('original-wire', [
    ['0x1111… ', `${OTHER_CHAIN} `, 'the page shortens the chain'],
    ['0x2222… ', `0x${'22'.repeat(32)} `, 'the page shortens the key'],
    ['ws://10.0.0.20:9944', otherNode.webSocketUrl, 'a node of the test'],
  ]);
});

test('probes answer, alerts are written, and a denied slot is listed as missed', LIMIT, async () => {
  // A service judges a slot a minute after it began.
  await until(
    'the slot is judged',
    async () => {
      const units = await world.shell(
        `watchbill units --key ${MISSED_KEY} --config box1/watchbill.yaml || true`,
      );
      if (units.includes(' 1 missed ')) return true;
      throw new Error(units);
    },
    120_000,
  );
  await follow('monitor', [
    ['127.0.0.1:8450', address(), 'a free port'],
    ['/etc/prometheus/', './', 'the folder of the test'],
    ['/var/lib/grafana/', './', 'the folder of the test'],
    endOf(MISSED_KEY),
  ]);
});
