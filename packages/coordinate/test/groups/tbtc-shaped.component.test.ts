// The example of a wallet group on the profile rfc12: what it shows really happens, window by window.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { encodePayload, heartbeatMessage } from '@watchbill/coordinate';
import { field } from '@watchbill/kit/testing';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { bridge } from '../../../../examples/tbtc-shaped/bridge.ts';
import { walletExecutor } from '../../../../examples/tbtc-shaped/executor.ts';
import {
  addressOf,
  OPERATORS,
  seatsOfAll,
  THRESHOLD,
  walletNamed,
} from '../../../../examples/tbtc-shaped/group.ts';
import { hostChain } from '../../../../examples/tbtc-shaped/host-chain.ts';
import { hashOf, ledger, sum, type Transaction } from '../../../../examples/tbtc-shaped/ledger.ts';
import { memoryRecords, type WalletRecords } from '../../../../examples/tbtc-shaped/records.ts';
import { runScenario, type Story } from '../../../../examples/tbtc-shaped/scenario.ts';
import {
  DOWN,
  GREEDY,
  HEARTBEATS_ONLY,
  RESTARTED,
  SCRIPT_WINDOWS,
  SILENT_SIGNERS,
  STUCK_WINDOW,
  script,
} from '../../../../examples/tbtc-shaped/script.ts';
import { signingOn } from '../../../../examples/tbtc-shaped/signing.ts';
import { storyLines, viewOf } from '../../../../examples/tbtc-shaped/table.ts';

leaveNothing('tbtc');

const LIMIT = { timeout: 180_000 };

let story: Story;
let first = '';
let second = '';

before(async () => {
  story = await runScenario({ windows: SCRIPT_WINDOWS, seed: 'one' }, script);
  [first = '', second = ''] = story.wallets.map(({ id }) => id);
}, LIMIT);

function recordsOf(name: (typeof OPERATORS)[number], wallet: string): WalletRecords {
  const records = story.records.get(name)?.get(wallet);
  assert.ok(records !== undefined, `${name} has no records of ${wallet}`);
  return records;
}

const eachRecords = (wallet: string) => OPERATORS.map((name) => recordsOf(name, wallet));
const windowsFrom = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => BigInt(from + i));
const spendings = (wallet: string) => story.ledger.taken().filter((each) => each.wallet === wallet);

describe('the windows', () => {
  test('have exactly one outcome each, for every operator and wallet', () => {
    for (const [wallet, from] of [
      [first, 1],
      [second, 10],
    ] as const) {
      for (const { outcomes } of eachRecords(wallet)) {
        const told = outcomes.flatMap((outcome) => windowsFrom(Number(outcome.from), Number(outcome.to) + 1));
        assert.deepEqual(told, windowsFrom(from, SCRIPT_WINDOWS + 1));
      }
    }
  });

  test('those who were there agree on leader, action and result', () => {
    for (const wallet of [first, second]) {
      for (const window of windowsFrom(1, SCRIPT_WINDOWS + 1)) {
        const seen = viewOf(story, wallet, window).outcomes.filter(({ reason }) => reason !== 'passed');
        const texts = seen.map(({ leader, action, result }) => `${leader} ${action} ${result}`);
        assert.ok(new Set(texts).size <= 1, texts.join('; '));
      }
    }
  });

  test('only members that were down are accused, and only of silence', () => {
    const away = [DOWN, { ...RESTARTED, names: [RESTARTED.name] }];
    const faults = [first, second].flatMap((wallet) => eachRecords(wallet).flatMap((each) => each.faults));
    assert.ok(faults.length > 0);
    for (const { window, fault } of faults) {
      assert.equal(fault.kind, 'leader-idleness');
      const absence = away.find(({ from, to }) => window >= from && window < to);
      assert.ok(absence?.names.map(addressOf).includes(fault.culprit), `window ${window}`);
    }
  });
});

describe('sweeps and redemptions', () => {
  test('happen once: what was swept is gone, what was asked for is paid in one coin', () => {
    const { ledger, bridge } = story;
    const transactions = ledger.taken();
    assert.ok(spendings(first).length > 20 && spendings(second).length > 10);
    const spent = transactions.flatMap(({ inputs }) =>
      inputs.map(({ txHash, index }) => `${txHash}:${index}`),
    );
    assert.equal(new Set(spent).size, spent.length);
    for (const { script: redeemer, amount } of transactions.flatMap(paidOut)) {
      const coins = ledger.coinsOf(redeemer);
      assert.deepEqual(
        coins.map((coin) => coin.amount),
        [amount],
      );
    }
    for (const wallet of [first, second]) {
      assert.equal(bridge.redemptions(wallet).length + bridge.deposits(wallet).length, 0);
    }
  });

  test('no satoshi appears or is lost, fees apart', () => {
    for (const wallet of [first, second]) {
      const all = spendings(wallet);
      const own = new Set(all.map(hashOf));
      const deposited = sum(all.flatMap(({ inputs }) => inputs.filter(({ txHash }) => !own.has(txHash))));
      const fees = all.reduce((total, { inputs, outputs }) => total + sum(inputs) - sum(outputs), 0n);
      assert.ok(fees > 0n);
      assert.equal(sum(story.ledger.coinsOf(wallet)), deposited - fees - sum(all.flatMap(paidOut)));
    }
  });

  test('every transaction was signed by enough seats, and sent first by one operator', () => {
    for (const { seats } of story.ledger.taken()) assert.ok(new Set(seats).size >= THRESHOLD);
    for (const wallet of [first, second]) {
      const done = windowsFrom(1, SCRIPT_WINDOWS + 1).flatMap((window) => {
        const receipts = viewOf(story, wallet, window).receipts.filter(
          ({ action }) => action !== 'heartbeat',
        );
        const sent = receipts.filter(({ result }) => result === 'done');
        assert.ok(sent.length <= 1);
        return sent;
      });
      assert.equal(done.length, spendings(wallet).length);
    }
  });

  test('one that comes back after the others signed knows that it was done', () => {
    const window = BigInt(RESTARTED.from - 1);
    const { receipts } = viewOf(story, first, window);
    assert.deepEqual(receipts.map(({ result }) => result).sort(), [
      'done',
      ...OPERATORS.slice(1).map(() => 'done-by-another'),
    ]);
    const { outcomes } = recordsOf(RESTARTED.name, first);
    const missed = outcomes.find(({ from, to }) => from <= RESTARTED.from && RESTARTED.from <= to);
    assert.equal(missed?.reason, 'passed');
  });

  test('a fee that is too high is agreed on, and then refused by everybody', () => {
    const greedy = windowsFrom(GREEDY.from, GREEDY.to)
      .flatMap((window) => [first, second].map((wallet) => viewOf(story, wallet, window)))
      .filter(({ outcomes }) => outcomes[0]?.leader === addressOf(GREEDY.name))
      .filter(({ receipts }) => receipts.some(({ action }) => action !== 'heartbeat'));
    assert.ok(greedy.length > 0);
    for (const { receipts } of greedy) {
      assert.deepEqual(
        receipts.map(field('result')),
        OPERATORS.map(() => 'refused'),
      );
    }
  });
});

test('heartbeats: the third failure in a row, and no earlier one, leads to a claim against who was silent', () => {
  for (const wallet of story.wallets) {
    const beats = windowsFrom(HEARTBEATS_ONLY.from, SCRIPT_WINDOWS + 1).flatMap((window) => {
      const view = viewOf(story, wallet.id, window).receipts;
      const failed = view.filter(({ action, result }) => action === 'heartbeat' && result === 'failed');
      return failed.length === 0 ? [] : [failed.filter(({ text }) => / claimed against/.test(text))];
    });
    const claims = story.bridge.claims().filter((claim) => claim.wallet === wallet.id);
    assert.ok(beats.length >= 3);
    assert.deepEqual(
      beats.map((claiming) => claiming.length > 0),
      beats.map((_, index) => index >= 2),
    );
    assert.deepEqual(
      claims.map(({ nonce, seats }) => ({ nonce, seats })),
      beats.slice(2).map((_, nonce) => ({ nonce, seats: seatsOfAll(wallet, SILENT_SIGNERS) })),
    );
  }
});

describe('two wallets in one process', () => {
  test('the second joined while the first went on, and both run in the same windows', () => {
    const both = windowsFrom(10, SCRIPT_WINDOWS + 1).filter((window) =>
      [first, second].every((wallet) =>
        viewOf(story, wallet, window).receipts.some(({ result }) => result === 'done'),
      ),
    );
    assert.ok(both.length > 5);
  });

  test('an action that goes on makes the next window of its wallet busy, and not that of the other', () => {
    const window = BigInt(STUCK_WINDOW + 1);
    const told = viewOf(story, first, window).outcomes.map(
      ({ result, reason, action }) => `${result} ${reason} ${action}`,
    );
    assert.deepEqual(
      told,
      OPERATORS.map(() => 'skipped action-running deposit-sweep'),
    );
    assert.ok(viewOf(story, second, window).outcomes.every(({ result }) => result !== 'skipped'));
  });
});

test('an action that is handed over again after it ended is not run again', LIMIT, async () => {
  const chain = hostChain('again');
  const coins = ledger(THRESHOLD);
  const world = {
    chain,
    ledger: coins,
    bridge: bridge(coins, THRESHOLD),
    signing: signingOn(chain, THRESHOLD),
  };
  const records = memoryRecords();
  const wallet = walletNamed('third');
  const executor = walletExecutor(world, {
    wallet,
    records,
    seats: () => seatsOfAll(wallet, OPERATORS.slice(0, 3)),
  });
  const payload = encodePayload({
    action: 'heartbeat',
    message: heartbeatMessage(wallet.group.keyHash, 900n),
  });
  const execution = { window: 1n, action: 'heartbeat', payload, startBlock: 1_000n, expiryBlock: 1_600n };
  const { signal } = new AbortController();
  const run = async (): Promise<void> => {
    let isOver = false;
    const over = executor.execute(execution, signal).then(() => {
      isOver = true;
    });
    while (!isOver && chain.height() < execution.expiryBlock) {
      chain.mine(20n);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await over;
  };
  await run();
  assert.equal(records.receipts.get(1n)?.text, '65 seats active, failure 1');
  // There is time for another signature.
  assert.ok(chain.height() < execution.startBlock + 100n);
  await run();
  assert.equal(records.failures, 1);
});

test('the ledger refuses what nobody may spend', () => {
  const coins = ledger(2);
  const coin = coins.fund({ script: 'aa', amount: 10n });
  const good = { wallet: 'aa', inputs: [coin], outputs: [{ script: 'bb', amount: 9n }], seats: [1, 2] };
  assert.equal(coins.submit({ ...good, seats: [1, 1] }), 'too-few-seats');
  assert.equal(coins.submit({ ...good, wallet: 'bb' }), 'not-the-owner');
  assert.equal(coins.submit({ ...good, outputs: [{ script: 'bb', amount: 11n }] }), 'too-much');
  assert.equal(coins.submit({ ...good, inputs: [coin, coin] }), 'input-spent');
  assert.equal(coins.submit(good), 'taken');
  assert.equal(coins.submit(good), 'known');
  assert.equal(coins.submit({ ...good, outputs: [{ script: 'cc', amount: 9n }] }), 'input-spent');
});

test('a seed repeats a run, and another one makes another', LIMIT, async () => {
  const lines = async (seed: string) => storyLines(await runScenario({ windows: 12, seed }, script), 12);
  const once = await lines('one');
  assert.deepEqual(await lines('one'), once);
  assert.notDeepEqual(await lines('two'), once);
});

test('the lines in the README are lines of this run', async () => {
  const page = await readFile(new URL('../../../../examples/tbtc-shaped/README.md', import.meta.url), 'utf8');
  const single = (line: string) => line.replaceAll(/ +/g, ' ').trim();
  const shown = /```text\n(.*?)```/s.exec(page)?.[1]?.trim().split('\n').map(single) ?? [];
  const printed = storyLines(story, SCRIPT_WINDOWS).map(single);
  assert.ok(shown.length > 3);
  for (const line of shown) assert.ok(printed.includes(line), line);
});

test('the command prints the table', LIMIT, async () => {
  const main = new URL('../../../../examples/tbtc-shaped/main.ts', import.meta.url).pathname;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [main, '--windows', '3']);
  assert.match(stdout, /^window +wallet +leader +action +outcome +what came of it\n1 +first/);
  assert.match(stdout, /\n3 windows, 2700 blocks, in /);
  await assert.rejects(run(process.execPath, [main, '--windows', 'many']), { code: 2 });
});

/** What left the wallet. */
function paidOut({ wallet, outputs }: Transaction) {
  return outputs.filter((output) => output.script !== wallet);
}
