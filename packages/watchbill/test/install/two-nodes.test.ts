// The tutorial two-nodes.md, as printed, on a machine that a real systemd booted: install, two
// real nodes with one key, a drill, a handover, a kill, an alert.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type BootedMachine, type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { ROOT, type Step, stepsOf } from '@watchbill/testkit/pages/page-run';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';

const PAGE = 'docs/duty/tutorial/two-nodes.md';
const PACK_MS = 180_000;
/** The page waits for minutes at several places. */
const PAGE_MS = 900_000;
const MARK = '=== end of step';

const folder = leaveNothing('two-nodes');
const delivered = join(folder, 'delivered');
let ground: BootedMachines;
let machine: BootedMachine;

before(async () => {
  mkdirSync(join(delivered, 'bin'), { recursive: true });
  execFileSync(process.execPath, [join(ROOT, 'scripts/pack.mjs'), delivered], {
    stdio: 'ignore',
    timeout: PACK_MS,
  });
  copyFileSync(process.execPath, join(delivered, 'bin/node'));
  copyFileSync(nodeBinary(), join(delivered, 'watchbill-devnode'));
  copyFileSync(specFile('4', folder), join(delivered, 'chain.json'));
  ground = await bootMachines(['iron'], { '/opt/delivered': delivered });
  [machine] = ground.machines as unknown as [BootedMachine];
  machine.on('install -m 0755 /opt/delivered/bin/node /usr/local/bin/node');
});
after(() => ground?.close());

/** Runs the steps in one shell on the machine; returns what each one wrote. */
async function follow(steps: readonly Step[]): Promise<readonly string[]> {
  const script = steps.map(({ commands }, at) => `${commands}\necho "${MARK} ${at}"`).join('\n');
  const encoded = Buffer.from(script).toString('base64');
  machine.on(`mkdir day && cp /opt/delivered/*.* /opt/delivered/watchbill-devnode day`);
  machine.on(`echo ${encoded} | base64 -d > page.sh`);
  const ssh = ['-F', ground.sshConfigFile, machine.address, 'cd day && bash ../page.sh 2>&1'];
  const { stdout } = await promisify(execFile)('ssh', ssh, {
    timeout: PAGE_MS,
    maxBuffer: 2 ** 24,
  });
  const outputs = stdout.split(new RegExp(`^${MARK} \\d+\\n`, 'm'));
  assert.equal(outputs.length, steps.length + 1, stdout);
  return outputs;
}

test('from install to an alert, by the commands of the page', { timeout: PAGE_MS + PACK_MS }, async () => {
  const steps = stepsOf(PAGE);
  const outputs = await follow(steps);
  for (const [at, { heading, line }] of steps.entries())
    console.log(`two-nodes: ${line} ${heading}\n${outputs[at]}`);
  const said = (heading: string, nth = 0): string => {
    const found = steps.flatMap((step, at) => (step.heading.includes(heading) ? [outputs[at] ?? ''] : []));
    return found.at(nth) ?? assert.fail(`no step ${nth} under ${heading}`);
  };

  assert.match(said('Install the service'), /ready, serving/);
  assert.match(said('Start a chain', -1), /finalized #[1-9]/);
  const started = said('Start two nodes');
  assert.equal(started.match(/active alpha, term 1/g)?.length, 2);
  assert.match(started, /nodes {2}alpha ready, bravo ready/);
  assert.equal(said('Run a drill').match(/drill: ok/g)?.length, 1, 'one verdict for both keys');
  assert.match(said('Run a drill', 1), /bravo is active \(term 2\)/);
  assert.match(said('Run a drill', 1), /babe \d+ seal, granted, and observers saw its block/);
  const killed = said('Kill the active node');
  assert.equal(killed.match(/active alpha, term 3/g)?.length, 2);
  assert.match(killed, /Pre-sealed/);
  const counts = said('Kill the active node', 1).trim().split('\n').slice(-3);
  assert.deepEqual(counts, ['0', '0', '0'], 'no equivocation was seen');
  assert.match(said('See an alert'), /alertname="WatchbillNoActiveNode"/);
});
