// The page of the first day on a cluster, command by command: what each prints is what the page shows.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '@watchbill/testkit';
import { type Step, stepsOf } from '@watchbill/testkit/pages/page-run';
import { folderUntilExit } from '../nodes/folder.ts';
import { NODE_FLAGS } from '../nodes/ground.ts';
import { assertPages, changed } from '../nodes/pages.ts';
import { type Newcomer, startNewcomer } from './newcomer-ground.ts';
import { startWatch, type Watch } from './newcomer-watch.ts';

const PAGE = 'docs/fleet/how-to/first-cluster.md';
/** The id of the plan that was made last. */
const LAST_PLAN = '$(basename "$(ls -t .watchbill-fleet/plans | head -n 1)" .json)';

let newcomer: Newcomer;
let watch: Watch;
const home = folderUntilExit('watchbill-first-cluster-');
before(async () => {
  newcomer = await startNewcomer();
  copyFileSync(newcomer.specFile, join(home, 'chain.json'));
  watch = await startWatch(newcomer, {
    namespace: 'harbour',
    folder: join(home, 'first-cluster/monitoring'),
  });
});
after(async () => {
  await watch?.close();
  await newcomer?.close();
});

/** What two runs never have in common. */
const VARIES: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{64}$/gm, 'ID'],
  [/(plan|apply) [0-9a-f]{12}\b/g, '$1 ID'],
  // How far the steps are at a moment.
  [/^(begun|applied|verified|waiting) +(create|update|delete) .*\n/gm, ''],
  [/^…\n/gm, ''],
  [/keys 0x[0-9a-f]{16}…/g, 'keys 0x…'],
  [/chain-spec-[0-9a-f]{12}/g, 'chain-spec-HASH'],
  [/^NodeGone +\S+ \S+ UTC +/gm, 'NodeGone '],
  [/\d{8}T\d{6}Z-\d+/g, 'BACKUP'],
  // The columns are as wide as the age and the height.
  [/^(BACKUP +)\d+ (s|min) +\d+ +/gm, '$1AGE HEIGHT '],
  [/^backup +age +final block +/gm, 'backup  age  final block  '],
  [/block \d+ final/g, 'block N final'],
];

/** Silent commands of this test after the step that has that text. */
function then(steps: readonly Step[], text: string, more: string): readonly Step[] {
  assert.ok(
    steps.some(({ commands }) => commands.includes(text)),
    text,
  );
  return steps.map((step) =>
    step.commands.includes(text) ? { ...step, commands: `${step.commands}${more}\n` } : step,
  );
}

/** The flags of this test's node, and its Alertmanager, which runs when its files are there. */
function withOwn(page: readonly Step[]): readonly Step[] {
  const flags = `sed -i 's|^    sdk: .*|&\\n  customFlags: ${JSON.stringify(NODE_FLAGS)}|' network.yaml`;
  const ready = `until curl -sf http://${watch.alertmanager}/-/ready > ready.txt; do sleep 1; done`;
  return then(then(page, 'fleet init', flags), 'fleet services watch render', ready);
}

test('a newcomer gets from nothing to three validators with alerts, and back to nothing', async () => {
  const rpc = String(await freePort());
  const ports = new Map([
    ['127.0.0.1:9944', `127.0.0.1:${rpc}`],
    ['127.0.0.1:9093', watch.alertmanager],
    ['http://127.0.0.1:9099/', watch.hook],
  ]);
  const steps = changed(
    withOwn(stepsOf(PAGE)),
    new Map([
      ...ports,
      ['--port 9944', `--port ${rpc}`],
      // The keys are made in this time, also on a busy machine.
      ['--wait 0.05', '--wait 0.5'],
      ['fleet apply 71618543ceab', `fleet apply "${LAST_PLAN}"`],
      ['fleet apply 4c84d427f763', `fleet apply "${LAST_PLAN}"`],
      ['fleet apply d287b37ab7e3', `fleet apply "${LAST_PLAN}"`],
    ]),
  );
  await assertPages(steps, {
    home,
    env: { KUBECONFIG: newcomer.plane.kubeconfigFile },
    varies: VARIES,
    changes: ports,
    timeoutMs: 650_000,
  });
  const [alert] = watch.told
    .flatMap(({ receiver, alerts }) => alerts.map(({ labels }) => ({ labels, receiver })))
    .filter(({ labels }) => labels.alertname === 'NodeGone' && labels.instance === 'validators-main-2');
  assert.deepEqual(
    [alert?.labels.alertname, alert?.labels.severity, alert?.receiver],
    ['NodeGone', 'page', 'page'],
    'it was routed to the receiver',
  );
  assert.equal((await newcomer.plane.request('GET', '/api/v1/namespaces/harbour')).status, 404);
});
