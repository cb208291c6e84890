// What a stranger does with a release, on a machine that a real systemd booted, without Node and Rust: the
// Debian package, the first tutorial, then two-nodes.md as printed, and a page of /help.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type BootedMachine, type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { INSTALL, promptsOf, type Step, stepsOf } from '@watchbill/testkit/pages/page-run';
import { sharedRelease } from '@watchbill/testkit/pages/release';
import { assertAsShown } from '@watchbill/testkit/pages/tutorial';

const FIRST = 'docs/duty/tutorial/first-service.md';
const PAGE = 'docs/duty/tutorial/two-nodes.md';
/** The page waits for minutes at several places. */
const PAGE_MS = 900_000;
const MARK = '=== end of step';

const folder = leaveNothing('two-nodes');
const delivered = join(folder, 'delivered');
let ground: BootedMachines;
let machine: BootedMachine;

before(async () => {
  const { out } = await sharedRelease(folder);
  mkdirSync(delivered);
  // A tree with changes has another version in its names.
  const processor = process.arch === 'x64' ? 'amd64' : 'arm64';
  for (const path of globSync([`*_${processor}.deb`, 'watchbill-test-node-*.tar.xz'], { cwd: out }))
    copyFileSync(join(out, path), join(delivered, basename(path).replace(/[-~]dirty/, '')));
  ground = await bootMachines(['iron'], { '/opt/delivered': delivered });
  [machine] = ground.machines as unknown as [BootedMachine];
  machine.on('for name in node cargo rustc; do rm -f $(which -a $name); ! which $name; done');
  machine.on('rm -f /usr/sbin/policy-rc.d; mkdir day; cp /opt/delivered/* day');
});
after(() => ground?.close());

/** Runs the steps in one shell on the machine; returns what each one wrote. */
async function follow(steps: readonly Step[]): Promise<readonly string[]> {
  const script = steps.map(({ commands }, at) => `${commands}\necho "${MARK} ${at}"`).join('\n');
  const encoded = Buffer.from(script).toString('base64');
  machine.on(`echo ${encoded} | base64 -d > page.sh`);
  const ssh = ['-F', ground.sshConfigFile, machine.address, 'cd day && bash ../page.sh 2>&1'];
  const { stdout } = await promisify(execFile)('ssh', ssh, { timeout: PAGE_MS, maxBuffer: 2 ** 24 });
  const outputs = stdout.split(new RegExp(`^${MARK} \\d+\\n`, 'm'));
  assert.equal(outputs.length, steps.length + 1, stdout);
  return outputs;
}

test('the Debian package is installed, and the first tutorial prints what it shows', async () => {
  const [install] = promptsOf('docs/install.md#debian-package');
  machine.on(`cd day; ${install?.commands}`);
  const steps = stepsOf(FIRST);
  const outputs = await follow(
    steps.map((step) => ({
      ...step,
      // By itself the service gives a slot that ends soon half a second, which a busy machine may take.
      commands: step.commands
        .replace(`${INSTALL}\n`, '')
        .replaceAll('watchbill claim ', 'watchbill claim --wait-ms 20000 '),
    })),
  );
  assertAsShown(steps, outputs, machine.on('echo $HOME').trim(), 8450);
});

test('from install to an alert, by the commands of the page', { timeout: PAGE_MS }, async () => {
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
  const help = 'http://127.0.0.1:8450/help/duty/reference/reasons.html';
  assert.match(machine.on(`curl --fail --silent ${help}`), /id="session-lost"/);
});
