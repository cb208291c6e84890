// A simulation file on real nodes: its genesis is made by the node, what happens happens to real processes, and what does not hold is told
// by the exit code.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { publicKeyOfAddress } from '@watchbill/chain';
import { field } from '@watchbill/kit/testing';
import { startCommand } from '@watchbill/testkit/command';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { folderUntilExit } from './folder.ts';
import { NODE_FLAGS } from './ground.ts';

const RUNTIME = fileURLToPath(
  new URL('../../../../substrate/specs/babe.compact.compressed.wasm', import.meta.url),
);
const DEADLINE_MS = 600_000;

interface Report {
  readonly passed: boolean;
  readonly steps: readonly { readonly outcome: string; readonly why: string | null; readonly text: string }[];
  readonly nodes: readonly { readonly name: string }[];
  readonly endedBeside: readonly { readonly name: string; readonly how: string }[];
  readonly parachainsNotRun: readonly number[];
}

/** A chain whose genesis the node makes, changed by the file. */
function madeSource(_folder: string, program: string): object {
  return {
    specCommand: [program, 'spec', '--runtime', RUNTIME, '--preset', 'dev2', '--id', 'quayside'],
    genesis: { validatorSet: { sessionsPerEra: 7 } },
  };
}

/** A raw one, for which no runtime has to be compiled. */
function rawSource(folder: string): object {
  copyFileSync(specFile('2', folder), join(folder, 'chain.json'));
  return { specFile: 'chain.json' };
}

function ground(more: object, source: (folder: string, program: string) => object = madeSource): string {
  const folder = folderUntilExit('watchbill-simulate-');
  const program = nodeBinary();
  const simulation = {
    format: 'watchbill/simulation/1',
    name: 'quayside',
    settings: { timeoutSeconds: 500, startSeconds: 300 },
    relay: {
      command: program,
      ...source(folder, program),
      args: NODE_FLAGS,
      nodes: [
        { name: 'alice', validator: true },
        { name: 'bob', validator: true },
        { name: 'carol', bootnode: true, balance: '123000000000000' },
      ],
    },
    ...more,
  };
  writeFileSync(join(folder, 'simulation.yaml'), JSON.stringify(simulation, null, 2));
  return folder;
}

/** Stopped at the deadline, so that its processes end with it. */
async function simulate(folder: string, ...args: readonly string[]) {
  const words = ['fleet', 'simulate', ...args];
  const { ended, stop } = startCommand(folder, words, { timeoutMs: 2 * DEADLINE_MS });
  const late = setTimeout(stop, DEADLINE_MS);
  const ran = await ended;
  clearTimeout(late);
  return ran;
}

function reportIn(folder: string): Report {
  return JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
}

// Side by side: both wait for blocks more than they work.
describe('a simulation', { concurrency: true }, () => {
  test('real nodes are paused, resumed, killed and restarted, and what must hold holds', async () => {
    const folder = ground({
      processes: [
        { name: 'beside', command: 'sh', args: ['-c', 'echo "$WORD"; exit 3'], env: { WORD: 'hello' } },
      ],
      observability: { prometheus: true },
      run: [
        { expect: 'finalised', atLeast: 2, withinSeconds: 150 },
        { expect: 'peers', atLeast: 2, withinSeconds: 150 },
        // Two of two must vote: without one of them blocks go on, and finality does not.
        { do: 'pause', node: 'bob', at: { height: 4 } },
        { expect: 'finality-lag', atLeast: 5, withinSeconds: 150 },
        { do: 'resume', node: 'bob' },
        { expect: 'finality-lag', atMost: 4, withinSeconds: 150 },
        { do: 'kill', node: 'carol' },
        { do: 'restart', node: 'carol', at: { seconds: 2 } },
        { expect: 'peers', node: 'carol', atLeast: 1, withinSeconds: 150 },
        { expect: 'log', node: 'alice', pattern: 'Imported #\\d+', atLeast: 3, withinSeconds: 150 },
        {
          expect: 'metric',
          metric: 'substrate_block_height{status="finalized"}',
          atLeast: 4,
          withinSeconds: 150,
        },
      ],
    });
    const { code, all } = await simulate(folder, '--folder', 'kept', '--report', 'report.json');
    assert.equal(code, 0, all);
    const report = reportIn(folder);
    assert.ok(report.passed);
    assert.equal(report.steps.length, 11);
    assert.deepEqual(report.nodes.map(({ name }) => name).sort(), [
      'alice-here-0',
      'bob-here-0',
      'carol-here-0',
    ]);
    assert.deepEqual(report.endedBeside, [{ name: 'beside', how: 'exit code 3' }]);
    assert.equal(readFileSync(join(folder, 'kept/beside.log'), 'utf8'), 'hello\n');
    assert.match(readFileSync(join(folder, 'kept/prometheus.yml'), 'utf8'), /instance: carol-here-0/);

    // The genesis that ran: the node itself made storage of the patch.
    const plain = readFileSync(join(folder, 'kept/chain.plain.json'), 'utf8');
    assert.match(plain, /"sessionsPerEra":7/);
    const address = /\["([1-9A-HJ-NP-Za-km-z]+)",123000000000000\]/.exec(plain)?.[1] ?? '';
    const account = publicKeyOfAddress(address).replace(/^0x/, '');
    const raw = JSON.parse(readFileSync(join(folder, 'kept/chain.json'), 'utf8')) as {
      genesis: { raw: { top: Record<string, string> } };
    };
    assert.ok(Object.keys(raw.genesis.raw.top).some((key) => account !== '' && key.endsWith(account)));
  });

  test('what does not hold ends with exit code 3; a parachain is not run in silence', async () => {
    const folder = ground({
      parachains: [{ id: 2000, chain: 'estuary', collators: [{ name: 'dan', validator: true }] }],
      run: [
        { expect: 'height', atLeast: 1_000_000, withinSeconds: 1 },
        { do: 'kill', node: 'bob' },
      ],
    });
    const refused = await simulate(folder);
    assert.equal(refused.code, 2, refused.out);
    assert.match(
      refused.errors,
      /checked and rendered here, not run\n\s+where:\s+\S+simulation.yaml:\d+:\d+/,
    );
    const written = ['--report', 'report.json', '--parachains', 'rendered', '--folder', 'kept'];
    const { code, all } = await simulate(folder, '--without-parachains', ...written);
    assert.equal(code, 3, all);
    const report = reportIn(folder);
    assert.deepEqual(report.steps.map(field('outcome')), ['failed', 'skipped']);
    assert.deepEqual(report.parachainsNotRun, [2000]);
    assert.match(readFileSync(join(folder, 'rendered/2000.yaml'), 'utf8'), /"role": "collator"/);
  });

  test('a file whose validators are not those of the genesis is refused at its place, and nothing is started', async () => {
    const folder = ground({}, rawSource);
    const file = join(folder, 'simulation.yaml');
    const withNodes = (nodes: readonly object[]): void => {
      const simulation = JSON.parse(readFileSync(file, 'utf8')) as { relay: object };
      const relay = { ...simulation.relay, nodes };
      writeFileSync(file, JSON.stringify({ ...simulation, relay }, null, 2));
    };
    const validators = ['alice', 'bob', 'carol'].map((name) => ({ name, validator: true }));
    withNodes(validators);
    const more = await simulate(folder, '--folder', 'kept');
    assert.equal(more.code, 2, more.out);
    assert.match(
      more.errors,
      /carol is a validator in this file[\s\S]*\/\/Carol as one \(babe, gran\)[\s\S]*simulation\.yaml:\d+:\d+/,
    );
    withNodes([...validators.slice(0, 1), { name: 'bob' }]);
    const fewer = await simulate(folder, '--folder', 'other');
    assert.equal(fewer.code, 2, fewer.out);
    assert.match(
      fewer.errors,
      /bob is not a validator in this file, but the genesis lists its key as one \(babe, gran of \/\/Bob\)/,
    );
    for (const kept of ['kept', 'other']) assert.ok(!existsSync(join(folder, kept, 'local')));
  });
});
