// The tutorial of a local network, and before its nodes are stopped the pages that go on from it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '@watchbill/testkit';
import { INSTALL, stepsOf } from '@watchbill/testkit/pages/page-run';
import { assertPages, changed, under } from './pages.ts';

const TUTORIAL = stepsOf('docs/fleet/tutorial/local-network.md');
const LAST = 'Stop it';
/** Addresses of the first two RPC nodes, out of the table that the network prints. */
const ADDRESSES = `$(grep -oE 'ws://127.0.0.1:[0-9]+' <(grep -E '^rpc-here-[01] ' ~/harbour/trial/up.log) | sort -u | head -n 2)`;

/** The page shows both nodes in sync, and the gateway is ready with one of them. */
const BOTH_READY = `for second in $(seq 180); do
  state="$(curl -s http://127.0.0.1:9951/readyz)"
  [ "$(grep -o '"state":"ready"' <<< "$state" | wc -l)" = 2 ] && break
  sleep 1
done
printf %s "$state"
`;

/** What two runs never have in common. */
const VARIES: readonly (readonly [RegExp, string])[] = [
  [/^[\d.]+[KMG]\t/gm, 'SIZE\t'],
  [/"who":"[^"]+"/g, '"who":"NAME"'],
  [/"peers": \d+/g, '"peers": N'],
  [/"height":\d+/g, '"height":N'],
  [/keys 0x[0-9a-f]{16}…/g, 'keys 0x…'],
  [/ws:\/\/127\.0\.0\.1:\d+/g, 'ws://127.0.0.1:PORT'],
  [/final is block \d+/g, 'final is block N'],
  // A look at the gates that came too early is followed by another one.
  [/^before +(?!all checks hold).*\n/gm, ''],
];

test('the commands of the tutorial of a local network print what it shows, and so do those of the pages that go on from it', async () => {
  const [local, asked, admin, exporter] = (await Promise.all([1, 2, 3, 4].map(freePort))).map(String);
  assert.ok(local !== undefined && asked !== undefined && admin !== undefined && exporter !== undefined);
  const steps = [
    ...changed(
      TUTORIAL.filter(({ heading }) => heading !== LAST),
      new Map([['9950', local]]),
    ),
    ...stepsOf('docs/fleet/how-to/access-nodes.md#reach-a-node-by-its-name'),
    ...under('docs/fleet/how-to/session-keys.md', ['Try it']),
    ...changed(
      stepsOf('docs/fleet/how-to/watch-fleet.md#signers').filter(({ commands }) =>
        commands.includes('--local local'),
      ),
      new Map([
        ['9960', exporter],
        ['network: trial\n', `network: trial\nlisten: {port: ${exporter}}\n`],
      ]),
    ),
    ...under('docs/fleet/how-to/roll-out.md', [
      'On this machine',
      'Start at a block, a runtime version or a time',
    ]),
    ...stepsOf('docs/fleet/how-to/roll-out.md#add-and-remove-nodes-of-a-pool'),
    ...changed(
      stepsOf('docs/fleet/how-to/rpc-gateway.md'),
      new Map([
        [`${INSTALL}\n`, ''],
        ['ws://127.0.0.1:9944 ws://127.0.0.1:9945', ADDRESSES],
        ['curl -s http://127.0.0.1:9951/readyz\n', BOTH_READY],
        [
          'watchbill fleet services gateway key',
          `sed -i 's/port: 9950/port: ${asked}/; s/port: 9951/port: ${admin}/' gateway.yaml\nwatchbill fleet services gateway key`,
        ],
        ['127.0.0.1:9950', `127.0.0.1:${asked}`],
        ['127.0.0.1:9951', `127.0.0.1:${admin}`],
      ]),
    ),
    ...under('docs/fleet/tutorial/local-network.md', [LAST]).map((step) => ({
      ...step,
      commands: `cd ~/harbour/trial\n${step.commands}`,
    })),
  ];
  const ports = new Map([['9950', local]]);
  await assertPages(steps, { varies: VARIES, changes: ports, timeoutMs: 560_000 });
});
