// A node that had a gate: it does not start without it, unless a person confirms.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type RunningNode, waitFor } from '@watchbill/testkit';
import { adopt, refusedStart, startAlice, WAIT } from '@watchbill/testkit/scenario/alice-ground';

/** The path of the file in which the gate keeps its ledger, in its default place. */
function stateFileOf(node: RunningNode): string {
  const chains = join(node.basePath, 'chains');
  const [chain = ''] = readdirSync(chains);
  return join(chains, chain, 'watchbill-gate.json');
}

test('a node whose flags of the gate are forgotten does not start', async (context) => {
  let flags: readonly string[] = [];
  const { alice, service, gated } = await startAlice(context, () => flags);
  flags = gated;
  await alice.start();
  await adopt(service, await alice.rpc.call<string>('chain_getBlockHash', [0]));
  await waitFor('it seals a granted block', async () => (await alice.bestNumber()) > 0, WAIT);
  await alice.stop();
  const stateFile = stateFileOf(alice);
  const state = readFileSync(stateFile);
  const ledger = /"ledger":"(\w+)"/.exec(state.toString())?.[1] ?? assert.fail('it pinned a ledger');

  await context.test('the same line without its flags is refused, and the file stays as it is', async () => {
    for (const forgotten of [[], ['--duty', 'off']]) {
      flags = forgotten;
      const said = await refusedStart(alice);
      for (const part of [`pinned ledger ${ledger}`, stateFile, 'signs twice', '--duty-off-confirmed'])
        assert.ok(said.includes(part), `${part} is not in: ${said}`);
      assert.deepEqual(readFileSync(stateFile), state);
    }
  });

  await context.test('flags of the gate without a mode, or that do not fit it, are named', async () => {
    const cases = [
      {
        line: gated.slice(2),
        says: /are given: --duty-service, --duty-token-file, --duty-node\. Add --duty/,
      },
      { line: ['--duty-node', 'x'], says: /are given: --duty-node\. Add --duty/ },
      { line: ['--duty', 'claims'], says: /--duty claims needs --duty-service/ },
      { line: [...gated, '--duty-off-confirmed'], says: /--duty claims does not take --duty-off-confirmed/ },
    ];
    for (const { line, says } of cases) {
      flags = line;
      assert.match(await refusedStart(alice), says);
    }
  });

  await context.test('with --duty-off-confirmed it starts, with a warning', async () => {
    flags = ['--duty-off-confirmed'];
    const mark = alice.logMark();
    await alice.start();
    const warned = alice.grep(/signs without asking \(--duty-off-confirmed\)/, mark);
    assert.equal(warned.length, 1, warned.join('\n'));
    await alice.stop();
    assert.deepEqual(readFileSync(stateFile), state);
  });

  await context.test('it is refused too where --duty-state put the file elsewhere', async () => {
    const elsewhere = join(alice.folder, 'gate.json');
    renameSync(stateFile, elsewhere);
    flags = [...gated, '--duty-state', elsewhere];
    await alice.start();
    await alice.stop();
    flags = [];
    assert.match(await refusedStart(alice), new RegExp(`pinned ledger ${ledger}`));
  });
});
