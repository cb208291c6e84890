// Five real processes change the members of a group while its windows go on: four members hand the resource
// over, and one of them leaves for a fifth. The commands and settings are those of the page
// how-to/coordinate; the members of the page have other names and addresses.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { freePorts } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { followedPage } from '@watchbill/testkit/pages/followed-page';
import { parse, stringify } from 'yaml';
import type { Process, Told } from '../process.ts';
import { type DemoGroup, makeDemoGroup, NAMES, textOf } from './demo-group.ts';
import { argumentsIn } from './page.ts';

leaveNothing('membership');

const LIMIT = { timeout: 600_000 };
const PAGE = followedPage('docs/coordinate/how-to/coordinate.md#a-new-group-with-other-members');
const NEW_NAMES = ['one', 'two', 'three', 'five'] as const;
/** The line of the new operator on the page. */
const SHOWN_LINE = 'erin ed25519:0x… /ip4/203.0.113.9/tcp/7400';

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

/** The arguments of a command of the page, with words of this test in place of those of the page. */
function typed(pattern: RegExp, words: Readonly<Record<string, string>> = {}): readonly string[] {
  const args = argumentsIn(PAGE, pattern);
  for (const word of Object.keys(words)) assert.ok(args.includes(word), `${pattern} has the word ${word}`);
  return args.map((arg) => words[arg] ?? arg);
}

/** What a command prints in the folder of an operator. */
async function done(name: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await demo.startAt(name, ...args, '--json').ended;
  assert.equal(ran.code, 0, ran.errors);
  return JSON.parse(ran.out) as Record<string, unknown>;
}

/** The new operator makes its key; the answer is its line. */
async function initialised(): Promise<string> {
  const chain = /ws:\/\/[0-9.:]+/.exec(textOf(demo.config('one')))?.[0] ?? '';
  const ran = await demo.run(
    'init',
    '--dir',
    demo.file('five'),
    '--name',
    'five',
    '--chain',
    chain,
    '--json',
  );
  assert.equal(ran.code, 0, ran.errors);
  return String(JSON.parse(ran.out).member);
}

type Settings = Readonly<Record<string, unknown>>;

/** Each member of the new group has the two group files, and a configuration as the page shows it. */
async function secondConfigs(): Promise<void> {
  const [, yaml = ''] = /^ *```yaml\n( *group: [\s\S]*?)^ *```$/m.exec(PAGE.text) ?? [];
  const { transport, http, actions, ...shown } = parse(yaml) as Readonly<Record<string, Settings>>;
  // The agenda of the example has no `call`.
  assert.deepEqual(actions, { call: { approvals: 'state/approvals' } });
  assert.deepEqual(Object.keys(http ?? {}), ['port']);
  const ports = await freePorts(2 * NEW_NAMES.length);
  const listens: string[] = [];
  for (const [seat, name] of NEW_NAMES.entries()) {
    const listen = `/ip4/127.0.0.1/tcp/${ports[2 * seat]}`;
    listens.push(listen);
    const own = parse(textOf(demo.config(name))) as Settings;
    const settings = {
      ...own,
      ...shown,
      transport: { ...transport, listen },
      http: { port: ports[2 * seat + 1] },
    };
    writeFileSync(nextConfig(name), stringify(settings));
  }
  giveAddresses(listens);
}

/** The operators change the addresses in the file of the new group, and send both files around. */
function giveAddresses(listens: readonly string[]): void {
  const made = demo.file('one', 'group-2.yaml');
  let place = 0;
  const text = readFileSync(made, 'utf8').replace(/- "?\/ip4\/[^\n]*/g, () => `- ${listens[place++]}`);
  assert.equal(place, NEW_NAMES.length);
  for (const name of [...NAMES, 'five']) {
    writeFileSync(demo.file(name, 'group-2.yaml'), text);
    copyFileSync(demo.file('group.yaml'), demo.file(name, 'group.yaml'));
  }
}

function startNext(name: string): void {
  next.set(name, demo.startAt(name, ...typed(/ coordinate run /), '--json'));
}

const executed = ({ event, result }: Told): boolean => event === 'outcome' && result === 'execute';
const executions = ({ lines }: Process): readonly bigint[] =>
  lines.filter(executed).map(({ from }) => BigInt(String(from)));

test('the old group hands over, the new one acts from then on, and never both', LIMIT, async () => {
  await of(old, 'one').until(executed);
  const line = await initialised();
  await done('one', typed(/ group propose /, { dave: 'four', [SHOWN_LINE]: line }));
  await secondConfigs();

  // The new group runs beside the old one, and agrees to a noop only.
  for (const name of NEW_NAMES) startNext(name);
  await of(next, 'one').until(({ event, isWarning }) => event === 'take-over' && isWarning === true);
  await of(next, 'five').until(({ event, result }) => event === 'outcome' && result === 'noop');
  assert.deepEqual(executions(of(next, 'five')), []);

  for (const name of ['one', 'two', 'three']) await done(name, typed(/ group hand-over /));
  const handed = await of(old, 'one').until(
    ({ event, action, result }) => event === 'outcome' && action === 'hand-over' && result === 'execute',
  );
  await done('one', typed(/ certificate export /, { 42: String(handed.from) }));

  const heldFrom = await adoptedByAll();
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

/** Every member of the new group adopts the certificate and starts again. */
async function adoptedByAll(): Promise<bigint> {
  let heldFrom = '';
  for (const name of NEW_NAMES) {
    if (name !== 'one') copyFileSync(demo.file('one', 'hand-over.json'), demo.file(name, 'hand-over.json'));
    const adopted = await done(name, typed(/ group adopt .*--certificate /));
    heldFrom = String(adopted.heldFrom);
    assert.equal((await done(name, typed(/ group show /))).heldFrom, heldFrom);
    const { code, errors } = await of(next, name).stop('SIGTERM');
    assert.equal(code, 0, errors);
    startNext(name);
  }
  return BigInt(heldFrom);
}

test('without a certificate an operator states where the old group stopped', LIMIT, async () => {
  assert.equal((await of(next, 'five').stop('SIGTERM')).code, 0);
  rmSync(demo.file('five', 'state-2'), { recursive: true });
  const adopted = await done('five', typed(/ group adopt .*--old-stopped-at /));
  assert.equal(adopted.by, 'statement');
  assert.ok(BigInt(String(adopted.heldFrom)) > 81_000n, 'the longest lease of the old group is added');
  assert.equal((await done('five', typed(/ group show /))).heldFrom, adopted.heldFrom);
});

test('every command of the page was run', () => PAGE.end());
