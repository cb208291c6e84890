// nominate-local.md, followed from an empty folder to a verified nomination on the local chains.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { castNominators } from '@watchbill/testkit/chopsticks';
import { COMMAND } from '@watchbill/testkit/command';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { makeHarness } from '../service-process.ts';
import { stored } from './eras.ts';
import { startLocal } from './service-network.ts';
import { followServicePage } from './service-page.ts';

const NAME = 'docs/nominate/how-to/nominate-local.md#from-an-empty-folder-to-a-nomination';
const PAGE = pageText(NAME);
const COMMAND_MS = 120_000;

/** The text of the first block of a language in a section of the page. */
function block(section: string, language: string): string {
  const [, from = ''] = PAGE.split(`## ${section}`);
  const [, text] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\n\`\`\``).exec(from) ?? [];
  return text ?? assert.fail(`${section} has no block`);
}

test('a person gets from an empty folder to a verified nomination with a key file of their own', async (context) => {
  const [west] = castNominators(0);
  assert.ok(west);
  const local = await startLocal(context);
  // No block is made before the round is decided: on a busy machine the era would be over.
  await local.hold();
  const harness = makeHarness(context, local.env);
  const folder = join(local.env.XDG_CACHE_HOME ?? assert.fail('no cache'), 'watchbill/nominate-local');
  const shell = (commands: string): string => {
    const made = spawnSync(
      'sh',
      ['-ec', `watchbill() { "${process.execPath}" "${COMMAND}" "$@"; }\n${commands}`],
      { cwd: harness.dir, env: { ...local.env, LOCAL: folder }, encoding: 'utf8', timeout: COMMAND_MS },
    );
    assert.equal(made.status, 0, `${commands}: ${made.stderr}`);
    return made.stdout;
  };
  // The harness has its folder, so the page's own folder is made and left out.
  const keys = block('1. Make the key file', '').replace('mkdir programme\ncd programme\n', '');
  const shown = shell(keys);
  assert.match(shown, /the passphrase is right/);
  assert.ok(shown.includes(west.signer.key), 'it is the account of the signer');
  assert.equal(statSync(join(harness.dir, 'keys/west.json')).mode & 0o777, 0o600);
  shell(block('2. Write the rules', ''));
  const file = join(harness.dir, 'nominate.yaml');
  const text = readFileSync(file, 'utf8');
  const signer = block('2. Write the rules', 'yaml');
  const changed = text.replace(/^ {2}west:\n {4}keyFile: .*\n {4}passphraseFile: .*$/m, signer);
  assert.notEqual(changed, text);
  // A test takes any port.
  writeFileSync(file, changed.replace('version: 1\n', 'version: 1\nlisten: { port: 0 }\n'));
  assert.match(PAGE, /^watchbill nominate run$/m);
  const service = await harness.run();
  await service.line(/round \w+ of era 0 decided: west: /);
  local.go();
  await service.line(/nomination [0-9a-f]{12} of west verified: \d targets? in block \d+/);
  const { assetHub } = local;
  const nomination = await stored(assetHub, 'Staking', 'Nominators', [west.stash.key]);
  assert.ok(nomination !== null, 'the chain has the nomination');
  assert.equal(await service.end('SIGTERM'), 0);
  stamp(NAME, `Node ${process.versions.node}`);
  // The era does not end meanwhile.
  await local.hold();
  await context.test('a programme for another network is written, and run on these chains', (part) =>
    followServicePage(part, { folder, env: local.env }),
  );
});
