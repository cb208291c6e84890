// Five real processes change the members of a group while its windows go on: four members hand the resource
// over, and one of them leaves for a fifth.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { freePorts } from '@watchbill/testkit';
import { leaveNothing } from '../support/leave-nothing.ts';
import { type DemoGroup, makeDemoGroup, NAMES, type Process, type Told, textOf } from './demo-group.ts';

leaveNothing('membership');

const LIMIT = { timeout: 600_000 };
const NEW_NAMES = ['one', 'two', 'three', 'five'] as const;

let demo: DemoGroup;
const old = new Map<string, Process>();
const next = new Map<string, Process>();

before(async () => {
  demo = await makeDemoGroup();
  await demo.chain();
  for (const name of NAMES) old.set(name, demo.member(name));
}, LIMIT);

after(() => demo.close());

const of = (members: ReadonlyMap<string, Process>, name: string): Process =>
  members.get(name) ?? assert.fail(name);
const nextConfig = (name: string): string => demo.file(name, 'coordinate-2.yaml');

async function done(...args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await demo.run(...args, '--json');
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

/**
 * A second configuration of a member, for the new group: same key, other group, state and ports. Returns the
 * line of the fifth member.
 */
async function secondConfigs(): Promise<string> {
  const chain = /ws:\/\/[0-9.:]+/.exec(textOf(demo.config('one')))?.[0] ?? '';
  const ports = await freePorts(2 * NEW_NAMES.length);
  const made = await done('init', '--dir', demo.file('five'), '--name', 'five', '--chain', chain);
  for (const [seat, name] of NEW_NAMES.entries()) {
    const text = textOf(demo.config(name))
      .replace(/^group: .*$/m, 'group: ../group-next.yaml')
      .replace(/^stateDir: .*$/m, 'stateDir: state-2')
      .replace(/listen: .*$/m, `listen: /ip4/127.0.0.1/tcp/${ports[2 * seat]}`)
      .replace(/port: [0-9]+/, `port: ${ports[2 * seat + 1]}`);
    writeFileSync(nextConfig(name), text);
  }
  return String(made.member);
}

/** Addresses are not part of the id of a group. */
function giveNextAddresses(): void {
  let text = textOf(demo.file('group-next.yaml'));
  for (const [seat, name] of NEW_NAMES.entries()) {
    const listen = /listen: (\S+)/.exec(textOf(nextConfig(name)))?.[1] ?? '';
    let place = 0;
    text = text.replace(/- "?\/ip4\/[^\n]*/g, (line) => (place++ === seat ? `- ${listen}` : line));
  }
  writeFileSync(demo.file('group-next.yaml'), text);
}

const executed = ({ event, result }: Told): boolean => event === 'outcome' && result === 'execute';
const executions = ({ lines }: Process): readonly bigint[] =>
  lines.filter(executed).map(({ from }) => BigInt(String(from)));

test('the old group hands over, the new one acts from then on, and never both', LIMIT, async () => {
  await of(old, 'one').until(executed);
  const line = await secondConfigs();
  await done(
    ...['group', 'propose', '--remove', 'four', '--add', line],
    ...['--out', demo.file('group-next.yaml'), '--config', demo.config('one')],
  );
  giveNextAddresses();

  // The new group runs beside the old one, and agrees to a noop only.
  for (const name of NEW_NAMES) next.set(name, demo.start('run', '--json', '--config', nextConfig(name)));
  await of(next, 'one').until(({ event, isWarning }) => event === 'take-over' && isWarning === true);
  await of(next, 'five').until(({ event, result }) => event === 'outcome' && result === 'noop');
  assert.deepEqual(executions(of(next, 'five')), []);

  for (const name of ['one', 'two', 'three'])
    await done('group', 'hand-over', demo.file('group-next.yaml'), '--config', demo.config(name));
  const handed = await of(old, 'one').until(
    ({ event, action, result }) => event === 'outcome' && action === 'hand-over' && result === 'execute',
  );
  const certificate = demo.file('certificate.json');
  await done(
    ...['certificate', 'export', String(handed.from)],
    ...['--out', certificate, '--config', demo.config('one')],
  );

  let heldFrom = 0n;
  for (const name of NEW_NAMES) {
    const adopted = await done(
      ...['group', 'adopt', '--predecessor', demo.file('group.yaml')],
      ...['--certificate', certificate, '--config', nextConfig(name)],
    );
    heldFrom = BigInt(String(adopted.heldFrom));
    const { code, stderr } = await of(next, name).kill('SIGTERM');
    assert.equal(code, 0, stderr);
    next.set(name, demo.start('run', '--json', '--config', nextConfig(name)));
  }
  const first = await Promise.all(NEW_NAMES.map((name) => of(next, name).until(executed)));
  for (const { startBlock } of first) assert.ok(BigInt(String(startBlock)) >= heldFrom);

  // The old members still run. They agree to a noop, and to nothing else.
  const last = BigInt(String(handed.from));
  await of(old, 'four').until(
    ({ event, result, from }) => event === 'outcome' && result === 'noop' && BigInt(String(from)) > last,
  );
  for (const name of NAMES)
    assert.deepEqual(
      executions(of(old, name)).filter((window) => window > last),
      [],
    );
});
