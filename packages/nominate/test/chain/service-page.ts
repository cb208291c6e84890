// The commands of nominate-service.md: the example on recorded facts, and a programme for Kusama
// whose endpoints are the local chains.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { readAddress, writeAddress } from '@watchbill/chain/address';
import { temporaryFolder } from '@watchbill/kit/testing';
import { COMMAND } from '@watchbill/testkit/command';
import { followedPage } from '@watchbill/testkit/pages/followed-page';
import { parse, stringify } from 'yaml';
import { makeHarness } from '../service-process.ts';
import { typed } from './programme-pages.ts';

const PAGE = followedPage('docs/nominate/how-to/nominate-service.md');
const KUSAMA_PREFIX = 2;

/** Section 1, where no chains run. */
async function example(context: TestContext): Promise<void> {
  const cache = temporaryFolder(context);
  const harness = makeHarness(context, { XDG_CACHE_HOME: cache });
  // The harness has its folder.
  PAGE.command(/^mkdir programme$/);
  PAGE.command(/^cd programme$/);
  const made = await harness.nominate(...typed(PAGE, / init --example$/));
  assert.equal(made.code, 0, made.errors);
  assert.match(made.out, /recorded data and never sends/);
  // A test takes any port.
  harness.change('nominate.yaml', 'version: 1\n', 'version: 1\nlisten: { port: 0 }\n');
  assert.deepEqual(typed(PAGE, / run$/), ['run'], 'the harness runs it');
  const service = await harness.run();
  await service.line(/round \w+ of era \d+ decided: /);
  const { total } = (await (await fetch(`${service.url}/v1/candidates`)).json()) as {
    readonly total: number;
  };
  assert.equal(total, 24);
  assert.match(PAGE.text, /judges its 24 candidates/);
  assert.equal(await service.end('SIGTERM'), 0, service.log());
}

/** The list of the local chains, with the addresses as Kusama writes them. */
function kusamaList(file: string): string {
  const { candidates } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly candidates: readonly { readonly stash: string }[];
  };
  return JSON.stringify({
    candidates: candidates.map((each) => {
      const stash = readAddress(each.stash) ?? assert.fail(each.stash);
      return { ...each, stash: writeAddress({ ...stash, prefix: KUSAMA_PREFIX }) };
    }),
  });
}

/** @param local the folder of the local chains, and the environment in which they run */
async function ownProgramme(
  context: TestContext,
  local: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
): Promise<void> {
  const harness = makeHarness(context, local.env);
  PAGE.command(/^mkdir \.\.\/kusama$/);
  PAGE.command(/^cd \.\.\/kusama$/);
  const made = await harness.nominate(...typed(PAGE, / init --network kusama /));
  assert.equal(made.code, 0, made.errors);
  const printed = await harness.nominate(...typed(PAGE, / run --print-config$/));
  assert.equal(printed.code, 0, printed.errors);
  assert.equal(parse(printed.out).chains.oldestHeadSeconds, 1_800);

  const { chains, candidates } = JSON.parse(readFileSync(join(local.folder, 'chain.json'), 'utf8'));
  writeFileSync(join(harness.dir, 'candidates.json'), kusamaList(join(local.folder, candidates)));
  const file = join(harness.dir, 'nominate.yaml');
  // The public endpoints, telemetry and releases of Kusama are not reached by a test. The clock of the local
  // chains begins with their genesis.
  const settings = {
    ...parse(readFileSync(file, 'utf8')),
    listen: { port: 0 },
    chains: {
      staking: [chains.staking],
      relay: [chains.relay],
      identity: [chains.identity],
      oldestHeadSeconds: null,
    },
    telemetry: [],
    releases: [],
  };
  writeFileSync(file, stringify(settings));
  const taken = await harness.nominate(...typed(PAGE, / snapshot --out snapshot\.json$/));
  assert.equal(taken.code, 0, taken.errors);
  assert.match(taken.out, /^snapshot of 12 candidates, era 0, block \d+\n/);
  const service = await harness.run();
  await service.line(/snapshot \w+ read at block \d+, era 0: 12 candidates/);
  assert.equal(await service.end('SIGTERM'), 0, service.log());
}

/** Section 4: the rules and the board. */
function monitoring(context: TestContext): void {
  const { dir } = makeHarness(context);
  for (const pattern of [/ monitor rules --of nominate /, / monitor dashboards --of nominate /]) {
    const [, ...args] = PAGE.command(pattern);
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
      cwd: dir,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  }
  for (const file of ['nominate-rules.yaml', 'nominate-dashboards/watchbill-nominate.json'])
    assert.ok(readFileSync(join(dir, file), 'utf8').includes('watchbill_nominate_'), file);
}

/** All sections with commands; stamps the page. */
export async function followServicePage(
  context: TestContext,
  local: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
): Promise<void> {
  await example(context);
  await ownProgramme(context, local);
  monitoring(context);
  PAGE.end();
}
