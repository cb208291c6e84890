// `watchbill doctor` without an argument on the machine of the page: it finds the node of a unit, one in a
// container, and each cause that was seeded; without them the letter is A. runc runs the container with the
// files that podman writes. The quadlet is a file alone: podman is not on the machine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BootedMachine } from '@watchbill/testkit/machines/booted';
import type { DoctorGround } from './doctor-ground.ts';
import { finalised, until } from './ground.ts';

const RPC = 9944;
/** A machine has this long, whatever is on it. */
const MOST_SECONDS = 30;
/** A screen, and the map. */
const MOST_LINES = 70;
const ID = 'c0'.repeat(32);
const BUNDLE = `/var/lib/containers/storage/overlay-containers/${ID}/userdata`;
const DROP_IN = '/etc/systemd/system/polkadot.service.d/restart.conf';
const NODE = '/usr/bin/polkadot --chain /opt/delivered/chain.json';

/** Files that each add a cause. */
const SEEDS = {
  '/etc/systemd/system/standby.service': `[Service]\nExecStart=${NODE} --validator --base-path /var/lib/polkadot\n`,
  '/etc/systemd/system/standby.timer': '[Timer]\nOnCalendar=2099-01-01\n[Install]\nWantedBy=timers.target\n',
  '/etc/cron.d/standby': '@monthly root systemctl start standby\n',
  '/etc/containers/systemd/dot.container':
    '[Container]\nImage=polkadot\nExec=--validator\n[Service]\nRestart=always\n',
  '/etc/apt/apt.conf.d/20auto-upgrades': 'APT::Periodic::Unattended-Upgrade "1";\n',
  '/etc/needrestart/needrestart.conf': "$nrconf{restart} = 'a';\n",
  [DROP_IN]: '[Service]\nRestartSec=1\n',
};

/** A node in a container, which does not sign. */
const CONTAINER = {
  ociVersion: '1.0.2',
  process: {
    user: { uid: 0, gid: 0 },
    args: `${NODE} --base-path /srv/full --rpc-port 9950 --prometheus-port 9650 --no-mdns --no-telemetry --listen-addr /ip4/127.0.0.1/tcp/30400`.split(
      ' ',
    ),
    env: [],
    cwd: '/',
  },
  root: { path: 'rootfs' },
  mounts: [
    { destination: '/proc', source: 'proc', type: 'proc' },
    { destination: '/dev', source: 'tmpfs', type: 'tmpfs' },
    ...['/usr', '/lib', '/lib64', '/opt', '/srv', '/etc'].map((path) => ({
      ...{ destination: path, source: path, type: 'bind', options: ['rbind'] },
    })),
  ],
  linux: {
    cgroupsPath: `/machine.slice/libpod-${ID}`,
    namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
  },
};

/** What the doctor prints and its exit status, as a user. */
function doctor(machine: BootedMachine, { user = 'root', flags = '' } = {}): string {
  const command = `timeout ${MOST_SECONDS} watchbill doctor ${flags}; echo "exit $?"`;
  return machine.on(`su -s /bin/sh ${user} -c '${command}' 2>&1`);
}

const put = (machine: BootedMachine, path: string, text: string): string =>
  machine.on(`mkdir -p $(dirname ${path})\ncat > ${path} <<'END'\n${text}END`);

/** A new chain, since the page ends with a clone on the old one; and the container. */
async function begin({ active, retired }: DoctorGround): Promise<void> {
  put(active, `${BUNDLE}/config.json`, `${JSON.stringify(CONTAINER)}\n`);
  retired.on('rm -r /var/lib/bob/chains/*/paritydb; systemctl restart bob');
  active.on(`rm -r /var/lib/polkadot/chains/*/paritydb; systemctl start polkadot
mkdir -p ${BUNDLE}/rootfs /srv/full
systemd-run --unit box runc run --no-new-keyring --bundle ${BUNDLE} ${ID}`);
  await until('the validator finalises', () => finalised(active, RPC) > 10);
}

/** Each cause in the words of the report, and what mends it. */
const CAUSES: readonly RegExp[] = [
  /^F {2}2 keystores hold the same 4 keys\n.* \/mnt\/backup\/keystore$[\s\S]*?mend .*shred -u \/mnt\/backup/m,
  /^E {2}other users can read 1 key file\n.* \/mnt\/backup\/keystore$[\s\S]*?mend .*chmod 600/m,
  /^E {2}a second unit .*, standby\.service, starts[\s\S]*?standby\.timer starts it[\s\S]*?mend .*disable --now standby\.service standby\.timer$/m,
  /^E {2}another program starts the node[\s\S]*?\/etc\/cron\.d\/standby:1: [\s\S]*?\/master\.sh:2: [\s\S]*?mend .*\/cron\.d\/standby:1/m,
  /^E {2}a quadlet of podman starts the validator by itself\n[\s\S]*?mend .*remove \/etc\/containers\/systemd\/dot\.container/m,
  /^E {2}systemd restarts the node within the round[\s\S]*?RestartSec is 1 s[\s\S]*?mend .*RestartSec=120/m,
  /^C {2}an automatic upgrade restarts the node\n[\s\S]*?mend .*\/etc\/needrestart\/conf\.d/m,
];

export function examinedBare(of: () => DoctorGround): void {
  test('without an argument, every seeded cause is found', async () => {
    const { active, chainId } = of();
    await begin(of());
    for (const [path, text] of Object.entries(SEEDS)) put(active, path, text);
    active.on('systemctl daemon-reload; systemctl enable --now standby.timer');
    const said = doctor(active, { flags: '--all' });
    const keystore = `/var/lib/polkadot/chains/${chainId}/keystore`;
    for (const line of [
      '3 nodes on this machine:',
      `signs, unit polkadot.service, keystore ${keystore}, database ${keystore.replace('keystore', 'paritydb')}, RPC ws://127.0.0.1:${RPC}`,
      `does not sign, container ${ID.slice(0, 12)}, `,
      `polkadot (does not run, starts by itself): signs, unit standby.service, keystore ${keystore}`,
      '\nLetter: F\n',
      'exit 3\n',
    ])
      assert.ok(said.includes(line), `${line} is missing in ${said}`);
    for (const cause of CAUSES) assert.match(said, cause);
    assert.equal(said.match(/^[C-F] {2}/gm)?.length, CAUSES.length, said);
    const short = doctor(active);
    assert.equal(short.match(/^[C-F] {2}/gm)?.length, CAUSES.length, 'a line for each');
    assert.ok(short.split('\n').length < MOST_LINES, short);
  });

  test('another user gets a line for each right that is missing', () => {
    const said = doctor(of().active, { user: 'nobody' });
    for (const why of [
      /^not looked: the keystore of polkadot \(process \d+\) was not found: run as root/m,
      /^not looked: this user cannot see all of \d+ processes: run the doctor as root/m,
      /^not looked: this user cannot read \S+, \S+, \S+ and \d+ other places: run as root/m,
    ])
      assert.match(said, why);
    assert.match(said, /^E {2}a quadlet of podman/m, 'what it can read it judges');
  });

  test('without the causes the letter is A', () => {
    const { active } = of();
    active.on(`systemctl disable --now standby.timer
rm -r ${Object.keys(SEEDS).join(' ')} /etc/keepalived /usr/local/bin/master.sh /mnt/backup
systemctl daemon-reload`);
    const said = doctor(active);
    assert.match(said, /^2 nodes on this machine:$/m);
    assert.match(said, /^Letter: A$/m, said);
    assert.match(said, /^No finding\. 8 checks could not look\.[\s\S]*^exit 0$/m);
  });
}
