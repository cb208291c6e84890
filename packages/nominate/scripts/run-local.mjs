// The part of `npm run nominate:local` that runs under the pinned Node: starts the chains, writes the files
// of a programme, makes blocks.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../../scripts/pinned.mjs';
import { freshFolder, localFolder, RECORD } from './folder.mjs';

const NETWORK = { name: 'westend-local', prefix: 42, decimals: 12, symbol: 'WND' };
const CLI = join(ROOT, 'packages/watchbill/bin/watchbill.mjs');
const INIT_TIMEOUT_MS = 180_000;
/** The process still ends if blocks cannot be made: chopsticks hangs, or the machine does. */
const MOST_FAILURES = 5;
/** A session is over after so many blocks where a test asks for haste. */
const HASTY_BLOCKS = 2;
/** Until somebody says something. */
const LONG_MS = 2 ** 30;

/** Settles with the exit code after SIGINT or SIGTERM. */
export async function runLocal({ folder: given, specs, blockMs, delay, ports }) {
  if (specs !== undefined) process.env.WATCHBILL_CHAIN_SPECS = resolve(specs);
  const chopsticks = await import('@watchbill/testkit/chopsticks');
  const missing = chopsticks.chainsMissing(['asset-hub-2026', 'relay-2026', 'people-2026']);
  if (missing !== null) throw new Error(missing);
  const folder = resolve(given);
  await refuseRunning(folder);
  freshFolder(folder);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());
  const network = await chopsticks.startProgrammeNetwork({ delay, ports, say });
  try {
    await writeAll(folder, network);
    say(ready(folder, network));
    process.send?.('ready');
    return await makeBlocks(network, blockMs, stop.signal);
  } finally {
    // Without it programmes do not take these chains for running.
    rmSync(join(folder, RECORD), { force: true });
    await network.stop();
    // A channel that is listened to keeps a process alive.
    process.removeAllListeners('disconnect');
    if (process.connected) process.disconnect();
  }
}

/** Two runs in one folder would replace each other's files. */
async function refuseRunning(folder) {
  const record = recordIn(folder);
  if (record === null) return;
  const isUp = await fetch(record.chains.staking.replace('ws:', 'http:'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_getBlockHash', params: [0] }),
    signal: AbortSignal.timeout(2_000),
  }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (isUp)
    throw new Error(`chains run in ${folder} already: end them with Ctrl-C, or name another --folder`);
}

function recordIn(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, RECORD), 'utf8'));
  } catch {
    return null;
  }
}

async function writeAll(folder, network) {
  const { sealKeyFile } = await import('@watchbill/chain/keys');
  const { writeAddress } = await import('@watchbill/chain/address');
  const passphrase = 'this passphrase is public';
  const put = (name, text, mode = 0o644) => writeFileSync(join(folder, name), text, { mode });
  put('keys/passphrase', `${passphrase}\n`, 0o600);
  for (const { name, signer } of network.nominators) {
    const secret = { scheme: 'sr25519', account: signer.key, secret: signer.secret };
    // The passphrase is not a secret: what makes guessing slow would only make starting slow.
    put(`keys/${name}.seed`, `0x${Buffer.from(signer.secret).toString('hex')}\n`, 0o600);
    put(`keys/${name}.json`, sealKeyFile(secret, passphrase, { n: 2 ** 10, r: 8, p: 1 }), 0o600);
  }
  const entries = network.candidates.map(({ name, stash }, index) => ({
    slotId: index + 1,
    name,
    stash: writeAddress({ prefix: NETWORK.prefix, publicKey: stash.key }),
    riotHandle: `@${name}:example.org`,
    kyc: false,
  }));
  put('candidates.json', `${JSON.stringify({ candidates: entries }, null, 2)}\n`);
  put(RECORD, `${JSON.stringify(await recordOf(network), null, 2)}\n`);
  init(folder);
}

async function recordOf({ pair, people, nominators }) {
  const genesisOf = ({ node }) => node.call('chain_getBlockHash', [0]);
  const [staking, relay, identity] = await Promise.all([pair.assetHub, pair.relay, people].map(genesisOf));
  return {
    version: 1,
    network: NETWORK,
    chains: {
      staking: pair.assetHub.url,
      relay: pair.relay.url,
      identity: people.url,
      genesis: { staking, relay, identity },
    },
    candidates: 'candidates.json',
    nominators: nominators.map(({ name, stash, delay }) => ({
      name,
      stashKey: stash.key,
      way: delay === null ? 'direct' : delay === 0 ? 'proxy' : `proxy, ${delay} relay blocks later`,
      keyFile: `keys/${name}.json`,
      passphraseFile: 'keys/passphrase',
    })),
  };
}

/** The same files as `init --example` writes anywhere else. */
function init(folder) {
  const args = [CLI, 'nominate', 'init', '--example', '--chain', folder, '--dir', folder, '--json'];
  const made = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: INIT_TIMEOUT_MS });
  if (made.status !== 0) throw new Error(`watchbill nominate init: ${made.stderr}`);
}

function ready(folder, { pair, people, candidates, nominators }) {
  const isDefault = folder === localFolder();
  return `
they run until Ctrl-C:
  Asset Hub  ${pair.assetHub.url}
  relay      ${pair.relay.url}
  People     ${people.url}
  with ${candidates.length} candidates and the nominators ${nominators.map(({ name }) => name).join(', ')}

run a programme on them, in another terminal and an empty folder:
  watchbill nominate init --example${isDefault ? '' : ` --chain ${folder}`}
  watchbill nominate run
or with the files in ${folder}:
  watchbill nominate run --config ${join(folder, 'nominate.yaml')}
(watchbill is ${join(dirname(CLI), 'watchbill.mjs')}, run by node)`;
}

/**
 * Blocks of all chains, one after another. A program that started this one may say how: `haste` and `leisure`
 * (sessions end early, or as they would), `hold` and `go`, `step` (one block of each, then held). Each is `{
 * word, id }`; those that hold are answered with the `id` when the last block is made.
 */
async function makeBlocks(network, blockMs, signal) {
  const order = orders(signal);
  let failures = 0;
  for (let count = 1; !signal.aborted; count += 1) {
    await order.leave();
    if (signal.aborted) break;
    const begunMs = performance.now();
    try {
      await network.tick(order.isHasty() && count % HASTY_BLOCKS === 0);
      failures = 0;
    } catch (error) {
      // Ctrl-C reaches the chains as well.
      if (signal.aborted) break;
      failures += 1;
      if (failures >= MOST_FAILURES) throw error;
      process.stderr.write(`no block: ${error instanceof Error ? error.message : error}\n`);
    }
    const restMs = order.isHasty() ? 0 : Math.max(0, blockMs - (performance.now() - begunMs));
    await order.rest(restMs);
  }
  say('ending');
  return 0;
}

/** The orders of the program that started this one; none without a program. */
function orders(signal) {
  let isHasty = false;
  let left = Infinity;
  let unanswered = [];
  let wake = new AbortController();
  // The parent is gone.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  const said = {
    haste: () => (isHasty = true),
    leisure: () => (isHasty = false),
    hold: () => (left = 0),
    step: () => (left = 1),
    go: () => (left = Infinity),
  };
  process.on('message', ({ word, id }) => {
    said[word]?.();
    if (word === 'hold' || word === 'step') unanswered.push(id);
    wake.abort();
  });
  const pause = async (ms) => {
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined);
  };
  return {
    isHasty: () => isHasty,
    /** Returns when a block may be made. */
    leave: async () => {
      while (left === 0 && !signal.aborted) {
        wake = new AbortController();
        for (const id of unanswered) process.send?.(id);
        unanswered = [];
        await pause(LONG_MS);
      }
      left -= 1;
    },
    rest: async (ms) => {
      wake = new AbortController();
      if (left > 0) await pause(ms);
    },
  };
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
