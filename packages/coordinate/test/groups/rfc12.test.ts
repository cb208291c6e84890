// Four operators of a wallet over libp2p, on the dev chain, with the files and commands of the page
// how-to/coordinate-rfc12. With WATCHBILL_LONG=1, windows have the 900 blocks of keep-core, not 45.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import {
  loadRuntime,
  MAINNET_ERAS,
  planWindow,
  rfc12Times,
  safeBlock,
  walletKeyHash,
  windowOf,
} from '@watchbill/coordinate';
import { field } from '@watchbill/kit/testing';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { followedPage } from '@watchbill/testkit/pages/followed-page';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { parse } from 'yaml';
import type { Process, Told } from '../process.ts';
import { type DemoGroup, makeDemoGroup, NAMES, textOf } from './demo-group.ts';
import { assertOnce } from './outcomes.ts';
import { argumentsIn } from './page.ts';

leaveNothing('rfc12');

const LIMIT = { timeout: 600_000 };
const PAGE = followedPage('docs/coordinate/how-to/coordinate-rfc12.md');
/** The divisor of every count of blocks; 1 leaves those of RFC 12. */
const SCALE = process.env.WATCHBILL_LONG === '1' ? 1 : 20;
const TIMES = rfc12Times(SCALE);
/**
 * Fast blocks, but slow enough for a busy machine. The leader's program needs almost five seconds of the
 * active phase, and a member reports an idle leader only if it saw the window within 20 blocks, or 1 scaled
 * one.
 */
const BLOCK_MS = SCALE === 1 ? 120 : 1_200;
/** From the making of the group to its first window that counts. */
const START_MS = 30_000;

let demo: DemoGroup;
/** The window that `one` leads; `two`, `three` and `four` lead the next ones. */
let first = 0n;
let operators: readonly string[] = [];
const running = new Map<string, Process>();

const member = (name: string): Process => running.get(name) ?? assert.fail(name);

/** A code block of the page, without its indentation. */
function blockOf(kind: string, place = 0): string {
  const blocks = [...PAGE.text.matchAll(new RegExp(`^( *)\`\`\`${kind}\\n([\\s\\S]*?)\`\`\`$`, 'gm'))];
  const [, indent = '', text = ''] = blocks[place] ?? assert.fail(`the page has no block ${kind}`);
  return text.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

/**
 * A wallet with which these operators lead, one after another. The hashes of the dev chain follow from its
 * file.
 */
async function walletFor(group: { readonly operators: readonly string[] }, leaders: readonly string[]) {
  const runtime = await loadRuntime();
  const spec = parse(textOf(demo.file('dev-chain.yaml')));
  const chain = runtime.devChain({ name: spec.name, startedAtMs: spec.startedAtMs, blockMs: spec.blockMs });
  const farMs = spec.startedAtMs + 10_000 * spec.blockMs;
  for (let tries = 0; tries < 20_000; tries++) {
    const wallet = runtime.newOperatorKey('secp256k1').publicKey;
    const isGood = leaders.every((leader, place) => {
      const window = windowOf(TIMES.windows, first + BigInt(place));
      const hash = chain.hashOf(Number(safeBlock(window, TIMES)), farMs);
      const whole = { keyHash: walletKeyHash(wallet), operators: group.operators };
      return (
        planWindow(whole, window, hash ?? assert.fail('no block'), MAINNET_ERAS, TIMES).leader === leader
      );
    });
    if (isGood) return `0x${Buffer.from(wallet).toString('hex')}`;
  }
  return assert.fail('no wallet among 20,000');
}

before(async () => {
  const init = argumentsIn(PAGE, / init .*--example/);
  assert.equal(init.join(' '), 'init --profile rfc12 --example wallet-demo');
  demo = await makeDemoGroup({ blockMs: BLOCK_MS, name: 'wallet-demo', profile: 'rfc12' });
  const group = parse(textOf(demo.file('group.yaml')));
  operators = group.operators;
  const { startedAtMs } = parse(textOf(demo.file('dev-chain.yaml')));
  const windowMs = Number(TIMES.windows.frequencyBlocks) * BLOCK_MS;
  first = BigInt(Math.ceil((Date.now() + START_MS - startedAtMs) / windowMs));
  const wallet = await walletFor(group, operators);
  const text = textOf(demo.file('group.yaml')).replace(group.wallet, wallet);
  const scaled = text.replace(/^practiceScale: 20$/m, `practiceScale: ${SCALE}`);
  writeFileSync(demo.file('group.yaml'), scaled);
  giveWork();
  const node = demo.start(...argumentsIn(PAGE, / dev-chain /), '--json');
  await node.until(({ url }) => typeof url === 'string');
  for (const name of NAMES) startMember(name);
}, LIMIT);

after(() => demo.close());

/** The command of the page, with lines for programs. */
function startMember(name: string): Process {
  const process = demo.start(...argumentsIn(PAGE, new RegExp(` run .*/${name}/`)), '--json');
  running.set(name, process);
  return process;
}

/** The work and the programs of the page; `two` has a program that fails, so that it leads in silence. */
function giveWork(): void {
  const requests = demo.file('work', 'requests.json');
  mkdirSync(dirname(requests));
  writeFileSync(requests, blockOf('json'));
  for (const name of NAMES) {
    const programs = blockOf('yaml')
      .replaceAll('EXAMPLES', `${ROOT}/examples`)
      .replaceAll('FOLDER', demo.file())
      .replaceAll('[node,', `[${process.execPath},`);
    const config = `${textOf(demo.config(name))}${programs}`;
    const broken = config.replace(/generate: .*/, `generate: [${process.execPath}, /nowhere.mjs]`);
    writeFileSync(demo.config(name), name === 'two' ? broken : config);
  }
}

const outcomeOf = (name: string, window: bigint): Promise<Told> =>
  member(name).until(({ event, from }) => event === 'outcome' && from === `${window}`);

async function assertIdle(window: bigint, culprit: string, observers: readonly string[]): Promise<void> {
  for (const name of observers) {
    const { reason } = await outcomeOf(name, window);
    assert.equal(reason, 'leader-silent', name);
    const fault = member(name).lines.find((line) => line.event === 'fault' && line.window === `${window}`);
    assert.deepEqual([fault?.culprit, fault?.kind], [culprit, 'leader-idleness']);
  }
}

test('all operators agree on the work of the leader, and carry it out once', LIMIT, async () => {
  for (const name of NAMES) {
    const started = await member(name).until(({ event }) => event === 'started');
    assert.match(String(started.peerId), /^16Uiu2HA/);
    if (SCALE !== 1) {
      const { text } = await member(name).until(({ event }) => event === 'practice');
      assert.match(
        text,
        /divided by 20, so a window comes every 45 blocks and has 4 active ones; keep-core has 900 and 80/,
      );
    }
    // Each member reports its own windows: they begin and end where those of RFC 12 do.
    const window = windowOf(TIMES.windows, first);
    const { text } = await member(name).until(
      ({ event, window: of }) => event === 'window' && of === `${first}`,
    );
    assert.match(text, new RegExp(`blocks ${window.block} to ${window.activeEnd},`));
  }
  for (const name of NAMES) {
    const { action, result } = await outcomeOf(name, first);
    assert.deepEqual([name, result, action], [name, 'execute', 'deposit-sweep']);
  }
  const receipts = await Promise.all(
    NAMES.map((name) =>
      member(name).until(({ event, window }) => event === 'receipt' && window === `${first}`),
    ),
  );
  assert.ok(receipts.every(({ result }) => result === 'done'));
  const recorded = receipts.filter(({ text }) => text.endsWith('without signatures'));
  assert.equal(recorded.length, 1, 'one operator records the transaction, the others find it');
});

test('the leader repeats its message, and the others take it once', LIMIT, async () => {
  const { url } = await member('three').until(({ event }) => event === 'started');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const repeats = /^watchbill_coordinate_transport_refusals_total\{.*reason="duplicate".*\} (\d+)$/m.exec(
    metrics,
  );
  assert.ok(Number(repeats?.[1]) >= 1, metrics);
  assert.doesNotMatch(metrics, /transport_refusals_total\{(?!.*reason="duplicate")/);
});

test('an idle leader is reported by all others, and its own record says why', LIMIT, async () => {
  const idle = await outcomeOf('two', first + 1n);
  assert.ok(['proposal-late', 'no-proposal'].includes(String(idle.reason)));
  assert.match(idle.text, /nowhere\.mjs/);
  await assertIdle(first + 1n, operators[1] ?? '', ['one', 'three', 'four']);
});

test('a killed leader costs its window; it comes back under the same peer id', LIMIT, async () => {
  const before = await member('three').until(({ event }) => event === 'started');
  await member('three').stop('SIGKILL');
  await assertIdle(first + 2n, operators[2] ?? '', ['one', 'two', 'four']);
  const { peerId } = await startMember('three').until(({ event }) => event === 'started');
  assert.equal(peerId, before.peerId);
});

test('then all agree again, on the redemption that the sweep paid for', LIMIT, async () => {
  const isAgreed = ({ event, from, result }: Told): boolean =>
    event === 'outcome' && result === 'execute' && BigInt(String(from)) > first + 2n;
  const { from } = await member('one').until(isAgreed);
  for (const name of NAMES) {
    const { action, result } = await outcomeOf(name, BigInt(String(from)));
    assert.deepEqual([name, result, action], [name, 'execute', 'redemption']);
    await member(name).until(({ event, window }) => event === 'receipt' && window === from);
  }
});

test('faults are kept, and shown by the running and by the stopped operator', LIMIT, async () => {
  for (const command of ['status', 'windows']) {
    const { code, out, errors } = await demo.run(...argumentsIn(PAGE, new RegExp(` ${command} `)));
    assert.equal(code, 0, errors);
    if (command === 'windows') assert.match(out, /leader-idleness/);
    else assert.equal(out.includes(`every count of blocks is divided by ${SCALE}`), SCALE !== 1);
  }
  const faultsIn = (rows: Awaited<ReturnType<DemoGroup['windows']>>) =>
    rows
      .filter(({ faults }) => faults.some(({ kind }) => kind === 'leader-idleness'))
      .map(({ from }) => from);
  const idle = [`${first + 2n}`, `${first + 1n}`];
  const live = await demo.windows('one');
  assert.deepEqual(
    faultsIn(live).filter((window) => idle.includes(window)),
    idle,
  );
  assertOnce(live);
  const ended = await Promise.all(NAMES.map((name) => member(name).stop('SIGTERM')));
  assert.deepEqual(ended.map(field('code')), [0, 0, 0, 0]);
  assert.deepEqual(await demo.windows('one'), live);
});

test('every command of the page was run', () => PAGE.end());
