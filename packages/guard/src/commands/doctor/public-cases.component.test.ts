// Set-ups of public repositories and incidents: the doctor names the fault, or the part it does not know.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../index.ts';
import { writeKeystore } from './testing/fake-validator.ts';
import { ground } from './testing/ground.ts';
import { found } from './testing/stage.ts';

interface Row {
  readonly name: string;
  /** Files below the root folder of the machine. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files by folder; `//Alice` is her whole keystore, and `locked` one with a password. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
  /** Properties of `systemctl show`, beside those of a healthy unit. */
  readonly unit?: Readonly<Record<string, string>>;
  /** Beside `--unit`, if there is a unit. */
  readonly args?: readonly string[];
  readonly finds: readonly string[];
  readonly says?: readonly RegExp[];
  readonly exit: number;
}

const command = (text: string): string => `{ path=/x ; argv[]=/usr/bin/polkadot ${text} ; ignore_errors=no }`;
const FLAGS = { ExecStart: command('$POLKADOT_CLI_ARGS') };
const UNIT = ['--unit', 'polkadot'];

/** The files of a container of Docker. */
function docker(id: string, policy: string, line: string, folder = 'var/lib/docker', more: object = {}) {
  const [Path, ...Args] = line.split('|');
  const place = `${folder}/containers/${id}`;
  return {
    [`${place}/hostconfig.json`]: JSON.stringify({ RestartPolicy: { Name: policy } }),
    [`${place}/config.v2.json`]: JSON.stringify({ Name: `/${id}`, Path, Args, ...more }),
  };
}

/** This process without process 1: those of other users cannot be seen. */
const HIDDEN = 'proc/2/stat';
const quadlet = (lines: string): string =>
  `[Container]\nImage=polkadot\n${lines}\n[Service]\nRestart=always\n`;
const pod = (args: string, policy = 'Always'): string =>
  `kind: Pod\nmetadata:\n  name: ksm-0\nspec:\n  restartPolicy: ${policy}\n  containers:\n    - args: [${args}]\n`;
const kind = (hex: string): string => `${hex}${'ab'.repeat(32)}`;
const SIX = Object.fromEntries(['ks', 'b', 'c', 'd', 'e', 'f'].map((at) => [at, [kind('6772616e')]]));
const IN_SIX = Object.keys(SIX).flatMap((folder) => ['--keystore', folder]);
const PODMAN = '{"process":{"args":["polkadot","--validator"]}}';
const ENGINE = ['E container-started'];
const service = (start: string): string => `[Service]\nExecStart=${start}\nRestart=always\n`;
const OF_A = 'home/a/.config/systemd/user';
const COMPOSE = 'com.docker.compose.project.config_files';

const ROWS: readonly Row[] = [
  {
    name: 'c1: the unit of the Debian package, whose file of variables names a password',
    unit: { ...FLAGS, EnvironmentFiles: '/etc/default/polkadot (ignore_errors=yes)' },
    files: { 'etc/default/polkadot': 'POLKADOT_CLI_ARGS="--validator --password-filename /etc/pw"\n' },
    keys: { ks: ['locked'] },
    finds: [],
    says: [/^not looked: the node uses a keystore password/m, /^(?![\s\S]*in a variable)/],
    exit: 0,
  },
  {
    name: 'c1: the same, if the variables are not known',
    ...{ unit: FLAGS, keys: { ks: ['locked'] }, finds: [], exit: 4 },
    says: [/most likely the keystore has a password/, /the command of polkadot is in a variable/],
  },
  {
    name: 'c1: a password in Environment=',
    unit: { ...FLAGS, Environment: '"POLKADOT_CLI_ARGS=--validator --password x" A=b' },
    ...{ keys: { ks: ['locked'] }, finds: [], exit: 0 },
    says: [/^not looked: the node uses a keystore password/m],
  },
  {
    name: 'c3: --operator in Docker, and static pods of the kubelet, also in a folder that it names',
    files: {
      ...docker('dot', 'unless-stopped', 'polymesh|--operator|--password=hunter2'),
      'etc/kubernetes/manifests/ksm.yaml': pod('"--validator"'),
      'var/lib/kubelet/config.yaml': 'staticPodPath: "/srv/pods"\n',
      'srv/pods/ksm.yaml': pod('"--validator"'),
    },
    ...{ finds: [...ENGINE, ...ENGINE, ...ENGINE], exit: 3 },
    says: [
      /Docker starts the validator by itself\n.* dot\n.*policy unless/,
      /kubelet starts .* itself\n.* ksm-0/,
    ],
  },
  {
    name: 'c3b: --collator, --alice, a command in a variable, and a process that signs',
    files: {
      ...docker('moon', 'always', 'moonbeam|--base-path=/data|--collator'),
      ...docker('dev', 'always', 'node-template|--alice|--force-authoring'),
      ...docker('envnode', 'unless-stopped', '/bin/sh|-c|polkadot $ARGS'),
      ...docker('set', 'always', 'sh|-c|polkadot $X', undefined, { Config: { Env: ['X=--validator'] } }),
      ...docker('f0'.repeat(32), 'always', '/entry.sh'),
      'proc/9/cmdline': 'polkadot\0--validator\0',
      'proc/9/cgroup': `0::/docker/${'f0'.repeat(32)}`,
    },
    finds: [...ENGINE, ...ENGINE, ...ENGINE, ...ENGINE],
    says: [/^not looked: not understood: envnode: the command is in a variable/m],
    exit: 3,
  },
  {
    name: 'Docker with a separate data root, of a user, and of a snap',
    files: {
      'etc/docker/daemon.json': '{"data-root":"/srv/docker"}',
      ...docker('one', 'always', 'polkadot|--validator', 'srv/docker'),
      ...docker('two', 'always', 'polkadot|--validator', 'home/op/.local/share/docker'),
      ...docker('three', 'always', 'polkadot|--validator', 'var/snap/docker/common/var-lib-docker'),
    },
    finds: [...ENGINE, ...ENGINE, ...ENGINE],
    exit: 3,
  },
  {
    name: 'containers that no engine starts, of no validator, or of the guard; one that is damaged, and one of podman',
    files: {
      ...docker('by-hand', 'no', 'polkadot|--validator'),
      ...docker('full', 'always', 'polkadot|--name|full'),
      ...docker('guarded', 'always', 'watchbill|guard|run|--|polkadot|--validator'),
      'var/lib/docker/containers/damaged/hostconfig.json': '{',
      'etc/kubernetes/manifests/full.yaml': pod('"--name", "full"'),
      'etc/kubernetes/manifests/once.yaml': pod('"--validator"', 'Never'),
      'etc/containers/systemd/hand.container': '[Container]\nExec=--validator\n',
      'var/lib/containers/storage/overlay-containers/f00d/userdata/config.json': PODMAN,
    },
    ...{ finds: [], exit: 0 },
    says: [
      /^not looked: not understood: .*damaged\/hostconfig.json is not JSON; .*policy of the podman container f00d/m,
    ],
  },
  {
    name: 'c5: a quadlet of a user with a file of variables, and pods of a .kube file',
    files: {
      'home/op/.config/containers/systemd/dot.container': quadlet('EnvironmentFile=/etc/f\nExec=$FLAGS'),
      'etc/f': 'FLAGS=--validator\n',
      'etc/containers/systemd/pod.kube': '[Kube]\n',
    },
    ...{ finds: ENGINE, exit: 3, says: [/not understood: .*pod\.kube/] },
  },
  {
    name: 'c6: monit, whose settings are links',
    unit: FLAGS,
    files: {
      'etc/monit/conf-available/polkadot':
        'check process p\n  start program = "/bin/systemctl start polkadot"\n',
      'etc/monit/conf-enabled/polkadot': '-> ../conf-available/polkadot',
      'etc/monit/conf.d/gone': '-> /nowhere',
      'etc/monit/conf.d/round': '-> round',
    },
    finds: ['E unit-started'],
    says: [
      /conf-enabled\/polkadot:2: start program/,
      /not understood: .*gone is a link .*; .*round is a link/,
    ],
    exit: 3,
  },
  {
    name: 'supervisord and cron, which run the node itself',
    unit: { ExecStart: command('--validator') },
    files: {
      'etc/supervisor/conf.d/dot.conf': '[program:dot]\ncommand=polkadot --validator --password hunter2\n',
      'var/spool/cron/root': '@reboot moonbeam --collator\n',
      'etc/apt/apt.conf.d/20auto-upgrades': 'APT::Periodic::Unattended-Upgrade "1";\n',
      'etc/needrestart/conf.d/node.conf': '$nrconf{override_rc}{qr(^polkadot)} = 0;\n',
    },
    ...{ finds: ['E unit-started'], exit: 3, says: [/dot\.conf:2: command=polkadot .* …\n/, /cron\/root:1/] },
  },
  {
    name: 'unattended upgrades, after which needrestart restarts what they touched',
    unit: { ExecStart: command('--validator') },
    files: {
      'etc/apt/apt.conf.d/20auto-upgrades': 'APT::Periodic::Unattended-Upgrade "1";\n',
      'etc/needrestart/needrestart.conf': '# polkadot\n$nrconf{restart} = "a";\n',
    },
    ...{ finds: ['C unit-upgrades'], exit: 6 },
  },
  {
    name: 'c7: keys of Moonbeam in two folders',
    keys: { ks: [kind('6e696d62'), kind('72616e64')], b: [kind('6e696d62'), kind('72616e64')] },
    args: ['--keystore', 'ks', '--keystore', 'b'],
    ...{ finds: ['F keystore-shared'], exit: 3, says: [/hold the same 2 keys/] },
  },
  {
    name: 'a key of an unknown kind in two folders',
    keys: { ks: [kind('78797a31')], b: [kind('78797a31')] },
    ...{ args: ['--keystore', 'ks', '--keystore', 'b'], finds: ['F keystore-shared'], exit: 3 },
  },
  {
    name: 'a key of an unknown kind alone, and one of other bytes',
    keys: { ks: [kind('78797a31'), kind('00000001')] },
    ...{ finds: [], exit: 0 },
    says: [/^not looked: .*ks holds keys of unknown kinds: 0x00000001, xyz1 \(1 check\)$/m],
  },
  {
    name: 'the base path in place of its keystore',
    keys: { 'ks/chains/dot/keystore': ['//Alice'], ks: [] },
    ...{ finds: ['C keystore-content'], exit: 4 },
    says: [/no key file: did you mean .*ks\/chains\/dot\/keystore\?/],
  },
  {
    name: 'a folder without a key',
    ...{ unit: { ExecStart: command('--chain dot') }, keys: { ks: [] }, finds: [], exit: 4 },
    says: [/^not looked: .*ks holds no key file \(1 check\)$/m],
  },
  {
    name: 'copies beside the keys',
    keys: { 'ks/backup': [], ks: ['//Alice', `${kind('6772616e')}.bak`] },
    ...{ finds: ['C keystore-content'], exit: 6, says: [/evidence {2}6772616e.*\.bak, backup$/m] },
  },
  {
    name: 'c10: an active unit with an empty keystore',
    ...{ unit: FLAGS, keys: { ks: [] }, finds: ['E unit-enabled'], exit: 3 },
    says: [
      /this node has lost its keys/,
      /restore the keystore from its backup; if it is retired: systemctl/,
    ],
  },
  {
    name: 'c10: the same, and the unit, which runs a script, is stopped',
    unit: { ExecStart: '{ path=/opt/run.sh ; argv[]=/opt/run.sh }', ActiveState: 'inactive' },
    files: { 'opt/run.sh': '#!/bin/sh\nexec polkadot --validator\n' },
    ...{ keys: { ks: [] }, finds: ['E unit-enabled', 'D unit-state'], exit: 3 },
    says: [/on a machine without keys[\s\S]*mend {6}systemctl disable polkadot;/],
  },
  {
    name: 'c13: the unit of a node with the gate',
    unit: { ExecStart: command('--validator --duty claims --duty-node alpha'), RestartUSec: '1s' },
    ...{ finds: [], exit: 0 },
  },
  {
    name: 'c13: the state file of the gate in the folder of the chain',
    unit: { ExecStart: command('--validator'), RestartUSec: '1s' },
    ...{ keys: { 'chain/keystore': ['//Alice'], chain: ['watchbill-gate.json'] }, finds: [], exit: 0 },
    args: ['--keystore', 'chain/keystore'],
  },
  {
    name: 'c13: a gate beside another keystore does not count',
    unit: { RestartUSec: '1s', ExecStart: command('--validator') },
    ...{ keys: { 'x/keystore': [kind('6772616e')], x: ['watchbill-gate.json'] }, exit: 3 },
    ...{ args: ['--keystore', 'ks', '--keystore', 'x/keystore'], finds: ['E unit-restart-delay'] },
  },
  {
    name: 'c15: the ranges changed, and the old host kept a key',
    keys: { ks: [kind('6772616e'), kind('62616265')], b: [kind('62616265')] },
    args: ['--keystore', 'ks', '--keystore', 'b'],
    ...{ finds: ['F keystore-shared'], exit: 3, says: [/same 1 key[\s\S]*shred -u \S+\/b\/62616265/] },
  },
  {
    name: 'c16: two processes on one base path',
    files: {
      'proc/101/cmdline': 'polkadot\0--validator\0--base-path\0/data\0',
      'proc/102/cmdline': 'polkadot\0--validator\0-d=/data\0',
      'proc/101/stat': '101 (polkadot) S 1 101',
      'proc/102/stat': '102 (polkadot) S 1 102',
    },
    ...{ finds: ['F keystore-processes'], exit: 3, says: [/2 processes run nodes on one base path/] },
  },
  {
    name: 'one node below a wrapper and the guard, its tool, a node that has ended, and another base path',
    files: {
      'proc/100/cmdline': 'tini\0polkadot\0--validator\0--base-path\0/data\0',
      'proc/101/cmdline': 'watchbill\0guard\0run\0polkadot\0--validator\0--base-path\0/data\0',
      'proc/101/stat': '101 (node) S 100 101',
      'proc/102/cmdline': 'polkadot\0--validator\0--base-path\0/data\0',
      'proc/102/stat': '102 (polkadot) S 101 102',
      'proc/103/cmdline': 'polkadot\0key\0insert\0--base-path\0/data\0--chain\0dot\0',
      'proc/104/cmdline': 'polkadot\0--validator\0--base-path\0/data\0',
      'proc/104/stat': '104 (polkadot) Z 1 104',
      'proc/106/cmdline': 'polkadot\0--base-path\0/full\0--chain\0dot\0',
      'proc/107/cmdline': 'polkadot\0--base-path\0/full\0--chain\0dot\0',
      'proc/105/cmdline': 'polkadot\0--validator\0--base-path\0/other\0',
    },
    ...{ finds: [], exit: 0 },
  },
  {
    name: 'without an argument: a node that runs, whose flags do not name its keystore',
    args: [],
    unit: FLAGS,
    files: {
      'proc/7/cmdline': 'polkadot\0--rpc-port\x001\0--config\0x\0',
      'proc/7/stat': '7 (polkadot) S 1 7',
      'proc/7/cgroup': '0::/system.slice/polkadot.service\n',
      'proc/7/fd/9': '-> /data/chains/dot/db/full/LOCK',
      'proc/7/fd/8': `-> /data/chains/dot/keystore/${kind('6772616e')}`,
      'data/chains/dot/db/x': '',
    },
    keys: { 'root/data/chains/dot/keystore': ['//Alice', 'copy.bak'] },
    finds: ['C keystore-content'],
    says: [
      /^1 node on this machine:\n {3}polkadot \(process 7\): signs, unit polkadot.service, keystore \S+\/dot\/keystore,/,
      /^not looked: nothing listens at ws:\/\/127.0.0.1:1 \(11 checks\)$/m,
    ],
    exit: 4,
  },
  {
    name: 'without an argument: a unit that would run a node, and a container',
    args: [],
    unit: { ...FLAGS, ActiveState: 'inactive' },
    files: {
      'etc/systemd/system/moon.service':
        '[Service]\nEnvironmentFile=-/etc/f\nExecStart=/usr/bin/moon -d /d $F\n',
      'etc/f': 'F="--collator"\n',
      'proc/5/cmdline': 'node\0--a\0--b\0--c\0w.mjs\0guard\0run\0--\0moon\0--collator\0-d\0/d\0',
      ...docker('dot', 'always', 'polkadot|--validator'),
    },
    ...{ keys: { 'root/d/chains/moon/keystore': ['//Alice'] }, finds: [...ENGINE, 'D unit-state'] },
    says: [/^ {3}moon \(does not run\): signs, unit moon.service, keystore \S+\/d\/chains\/moon\/keystore/m],
    exit: 3,
  },
  {
    name: 'without an argument: two nodes that sign, an idle unit, and one of a user',
    args: [],
    unit: FLAGS,
    files: {
      'proc/7/cmdline': 'polkadot\0--validator\0--rpc-port\x001\0--base-path\0/a\0',
      'proc/7/cgroup': '0::/system.slice/polkadot.service\n',
      'proc/8/cmdline': 'moon\0--collator\0--rpc-port\x009945\0--base-path\0/b\0',
      'proc/8/cgroup': '0::/user.slice/user-1000.slice/user@1000.service/app.slice/moon.service\n',
      'etc/systemd/system/polkadot.service': '[Service]\nExecStart=/usr/bin/polkadot --validator\n',
      'lib/systemd/system/moon.service': '[Service]\nExecStart=/usr/bin/moon --collator -d /c\n',
      'etc/systemd/system/multi-user.target.wants/moon.service': '-> /lib/systemd/system/moon.service',
    },
    keys: { 'root/c/chains/moon/keystore': ['//Alice'] },
    ...{ finds: [], exit: 4 },
    says: [
      /^3 nodes on this machine:\n.* {3}polkadot \(process 7\).*\n {3}moon \(process 8\): signs, unit moon.service of a user/,
      /^ {3}moon \(does not run, starts by itself\): signs, unit moon.service, keystore \S+\/c\/chains/m,
      /^not looked: unit, RPC and database of moon \(process 8\): look at it with --node ws:\/\/127.0.0.1:9945: systemctl --user show moon.service \(1 check\)$/m,
      /^not looked: unit, RPC and database of moon \(does not run.*--unit moon.service/m,
    ],
  },
  {
    name: 'without an argument: the only node is one of a user',
    args: [],
    files: {
      'proc/8/cmdline': 'moon\0--collator\0--rpc-port\x001\0--base-path\0/b\0',
      'proc/8/cgroup': '0::/user.slice/user-1000.slice/user@1000.service/app.slice/moon.service\n',
    },
    ...{ finds: [], exit: 4 },
    says: [/^not looked: the unit of moon .process 8.: systemctl --user show moon.service/m],
  },
  {
    name: 'units of users: one that starts by itself, one that a person starts, and one with the guard',
    unit: FLAGS,
    files: {
      'home/op/.config/systemd/user/dot.service':
        '[Service]\nEnvironment=F=--validator\nExecStart=/usr/bin/polkadot $F\nRestart=always\n',
      'etc/systemd/user/wanted.service': '[Service]\nExecStart=/usr/bin/polkadot --validator\n',
      'etc/systemd/user/default.target.wants/wanted.service': '-> ../wanted.service',
      'home/op/.config/systemd/user/hand.service': '[Service]\nExecStart=/usr/bin/polkadot --validator\n',
      'root/.config/systemd/user/timed.service': '[Service]\nExecStart=/usr/bin/polkadot --validator\n',
      'root/.config/systemd/user/timers.target.wants/timed.timer': '-> ../timed.timer',
      'root/.config/systemd/user/guard.service':
        '[Service]\nExecStart=watchbill guard run -- polkadot --validator\nRestart=always\n',
    },
    ...{ finds: ['E unit-started'], exit: 3 },
    says: [
      /etc\/systemd\/user\/wanted.service: a unit of a user, enabled, Restart=no$/m,
      /user\/timed.service: a unit of a user, enabled, Restart=no$/m,
      /\/dot.service: a unit of a user, Restart=always$/m,
      /^(?![\s\S]*(?:hand|guard).service: a unit)/,
    ],
  },
  {
    name: 'units of users in other forms: drop-ins, spaces, comments, a template, a link, a script, two users',
    files: {
      [`${OF_A}/spaced.service`]:
        '[Service]\nExecStart = polkadot \\\n # one\n ; two\n --validator\nRestart = always\n',
      [`${OF_A}/dropped.service`]: service('polkadot --base-path /x'),
      [`${OF_A}/dropped.service.d/2.conf`]: service('\nExecStart=polkadot --validator'),
      [`${OF_A}/taken.service`]: service('polkadot --validator'),
      'etc/systemd/user/taken.service.d/x.conf': '[Service]\nExecStart=\n',
      [`${OF_A}/each@.service`]: '[Service]\nExecStart=polkadot $F\n',
      [`${OF_A}/each@.service.d/x.conf`]: '[Service]\nEnvironmentFile=%h/c++(1/%i.env\n',
      [`${OF_A}/x.target.requires/each@one.service`]: '-> ../each@.service',
      'home/a/c++(1/one.env': 'F=--validator\n',
      [`${OF_A}/scripted.service`]: service('/bin/sh /home/a/run.sh'),
      'home/a/run.sh': '#!/bin/sh\nF=--validator\nexec polkadot $F\n',
      [`${OF_A}/quiet.service`]: service('/home/a/quiet.sh'),
      'home/a/quiet.sh': '#!/bin/sh\n# polkadot --validator\n',
      [`${OF_A}/open.service`]: service('polkadot $UNKNOWN'),
      'home/b/.config/systemd/user/spaced.service': service('polkadot --validator'),
      'lib/systemd/system/smart.service': service('/usr/sbin/smartd $OPTIONS'),
      'etc/systemd/system/alias.service': '-> ../../../lib/systemd/system/smart.service',
    },
    ...{ finds: ['E unit-started'], exit: 3 },
    says: [
      /a\/\S+\/dropped.*\n.*\/each@.*enabled, .*\n.*\/scripted.*\n.*\/a\/\S+\/spaced.*\n.*\/b\/\S+\/spaced.service: a unit/,
      /^(?![\s\S]*(?:quiet|taken|alias))[\s\S]*not understood: \S+\/open.service: the command is in a variable/,
    ],
  },
  {
    name: 'without an argument: the unit in /etc counts, with its drop-in, and its base path may be in quotes',
    ...{ args: [], unit: FLAGS },
    files: {
      'etc/systemd/system/dot.service': service('polkadot'),
      'run/systemd/system/dot.service.d/o.conf': service(
        '\nExecStart=polkadot --validator "--base-path=/my data"',
      ),
      'lib/systemd/system/dot.service': service('polkadot -d /x --chain dot'),
    },
    ...{ keys: { 'root/my data/chains/dot/keystore': ['//Alice'] }, finds: [], exit: 0 },
    says: [
      /^1 node on.*\n {3}polkadot .*: signs, unit dot.service, keystore \S+\/my data\/chains\/dot\/keystore,/,
    ],
  },
  {
    name: 'a failover unit, a script below a script, and a container that cron starts',
    unit: { ExecStart: command('--validator') },
    files: {
      ...docker('dot', 'no', 'polkadot|--validator'),
      'etc/systemd/system/failover.service': `Description=start polkadot\n${service('/opt/fail.sh')}`,
      'etc/systemd/system/polkadot.service': service('polkadot --validator'),
      'opt/fail.sh': 'TOKEN="hunter2 hunter2" systemctl start polkadot --node-key hunter2\n',
      'etc/keepalived/keepalived.conf': 'notify_master /opt/one.sh\n',
      ...{ 'opt/one.sh': '. /opt/two.sh\n', 'opt/two.sh': 'systemctl enable --now polkadot\n' },
      'etc/cron.d/dot': '@reboot root docker start dot\n@daily root docker restart dot2\n',
      'etc/sv/many/run': Array.from({ length: 1_100 }, (_, at) => `/x/${at}`).join('\n'),
    },
    ...{ finds: ['E unit-started'], exit: 3 },
    says: [
      /cron.d\/dot:1: .* start dot\n +\/opt\/two.sh:1: .*\n +\/opt\/fail.sh:1: TOKEN=… .*\n +cost/,
      /not understood: \d+ of 11\d\d files/,
    ],
  },
  {
    name: 'compose files that cron and a hook start, and scripts in a home, beside a script, or in a folder that a line names',
    unit: { ExecStart: command('--validator') },
    files: {
      'etc/cron.d/a':
        '@reboot op cd /opt/dot && docker compose up -d\n@reboot op ~/one.sh\n@reboot op bash two.sh\n',
      'opt/dot/docker-compose.yml': 'services:\n  a:\n    command:\n      - --validator\n',
      'home/op/one.sh': 'systemctl start polkadot\n',
      'home/op/two.sh': 'cd $HOME/x && ./three\n',
      'home/op/x/three': 'sshpass -p hunter2 ssh b halt; systemctl --now enable polkadot\n',
      'etc/letsencrypt/renewal-hooks/deploy/x': '/opt/up/up.sh\n',
      'opt/up/up.sh': 'docker-compose -f moon.yml up -d; docker compose up\n',
      'opt/up/moon.yml':
        'services: { a: { environment: { "DB_PASSWORD": hunter2 }, command: "--collator" } }\n',
      'opt/up/compose.yaml': 'services: { a: { command: $F } }\n',
    },
    ...{ finds: ['E unit-started'], exit: 3 },
    says: [
      /one.sh:1: .*\n +\S+\/docker-compose.yml:4: - --validator\n +\S+\/x\/three:1: systemctl --now enable polkadot\n +\S+\/moon.yml:1/,
      /not understood: \/opt\/up\/compose.yaml: a command is in a variable/,
    ],
  },
  {
    name: 'programs that restart what they touched, a drop-in, a transient unit, and a unit of a user',
    unit: {
      ExecStart: command('--validator'),
      WantedBy: '',
      UnitFileState: 'disabled',
      BoundBy: 'exporter.service',
    },
    files: {
      ...docker('dot', 'no', 'polkadot|--validator'),
      'etc/logrotate.d/dot': '/var/log/auth {\n postrotate\n systemctl restart polkadot\n}\n/opt/a.log {}',
      ...{ 'var/log/auth': 'COMMAND=systemctl start polkadot\n', 'opt/a.log': 'systemctl start polkadot\n' },
      'etc/systemd/system/keepalived.service.d/o.conf':
        '[Service]\nExecStartPost=/bin/systemctl start polkadot\n',
      'run/systemd/transient/r.service': service('systemctl start polkadot'),
      [`${OF_A}/box.service`]: service('/usr/bin/docker start dot'),
      'etc/systemd/system/old.service': service('polkadot --validator'),
    },
    ...{ finds: ['E unit-started'], exit: 3 },
    says: [
      /exporter.service starts it\n.*logrotate.d\/dot:3.*\n.*keepalived.*:2.*\n.*transient\/r.service:2.*\n.*box.service:2/,
      /^(?![\s\S]*(?:log\/auth|a\.log):1)[\s\S]*system\/old.service runs a node too: give --unit old.service/,
    ],
  },
  {
    name: 'a command whose flags another command prints',
    ...{ unit: { ExecStart: command('$(cat /etc/flags)') }, finds: [], exit: 0 },
    says: [/^not looked: the command of polkadot is in a variable/m],
  },
  {
    name: 'without an argument: two nodes with one keystore under two names, and one whose keys are not found',
    args: [],
    files: {
      'proc/7/cmdline': 'polkadot\0--validator\0--base-path\0/a\0--keystore-path\0/keys\0--rpc-port\x001\0',
      'proc/8/cmdline': 'polkadot\0--validator\0--base-path\0/b\0--keystore-path\0/link\0',
      ...{ link: '-> keys', 'proc/1/ns/net': '-> net:[1]', 'proc/7/ns/net': '-> net:[2]' },
      'proc/9/cmdline': 'polkadot\0--validator\0',
    },
    ...{ keys: { 'root/keys': ['//Alice'] }, finds: ['F keystore-processes'], exit: 3 },
    says: [
      /2 processes run nodes on one base path or keystore/,
      /not looked: the keystore of polkadot \(process 9\) was not found: run as root, or give --keystore/,
      /polkadot .process 7. is in another network: ws:\/\/127.0.0.1:1 may be another node/,
    ],
  },
  {
    name: 'without an argument: a unit for a compose file, one with Windows line ends, and a base path of two chains',
    ...{ args: [], unit: FLAGS },
    files: {
      'etc/systemd/system/a.service': '[Service]\r\nExecStart=polkadot \\\r\n -d /d \\\r\n --validator\r\n',
      'etc/systemd/system/b.service': `${service('/usr/bin/docker compose up')}WorkingDirectory=/opt/dot\n`,
      'etc/systemd/system/x.target.wants/b.timer': '-> ../b.timer',
      ...{ 'opt/dot/compose.yaml': 'services: { a: { command: $F } }\n', 'opt/dot/.env': 'F=--validator\n' },
    },
    keys: { 'root/d/chains/dot/keystore': ['//Alice'], 'root/d/chains/ksm/keystore': ['//Alice'] },
    ...{ finds: ['F keystore-shared'], exit: 3 },
    says: [
      /^ {3}polkadot .*: signs, unit a.service, keystore \S+\/dot\/keystore and \S+\/ksm\/keystore,/m,
      /^ {3}docker \(does not run, starts by itself\): signs, unit b.service/m,
    ],
  },
  {
    name: 'processes of other users that the kernel hides',
    ...{ keys: { 'hidden/proc/2': [] }, args: ['--keystore', 'ks', '--root', 'hidden'], finds: [], exit: 0 },
    says: [/^not looked: this user cannot see all of 1 process/m],
  },
  {
    name: 'a quadlet in a folder with spaces, one with a drop-in, and a container whose flags are in a variable',
    files: {
      'etc/containers/systemd/a/dot.container':
        '[Container]\nExec = --validator\n[Service]\nRestart = always\n',
      'etc/containers/systemd/b.container': service(''),
      'etc/containers/systemd/b.container.d/x.conf': '[Container]\nExec=--validator\n',
      'etc/containers/systemd/c.container':
        '# not yet: watchbill guard run\n[Container]\nExec=--validator\n[Install]\nRequiredBy=x.target\n',
      ...docker('dot', 'always', '/entry.sh', undefined, { Config: { Env: ['ARGS=--chain x --validator'] } }),
    },
    ...{ finds: [...ENGINE, ...ENGINE, ...ENGINE, ...ENGINE], exit: 3 },
  },
  {
    name: 'watchtower beside a validator, and services of a compose file',
    files: {
      ...docker('dot', 'no', 'polkadot|--validator', undefined, {
        Config: { Labels: { [COMPOSE]: '/srv/dot.yml,/srv/full.yml,/srv/gone.yml' } },
      }),
      ...docker('wt', 'always', '/watchtower|--cleanup', undefined, { Config: { Image: 'x/watchtower:1' } }),
      ...docker('wt2', 'always', '/watchtower|--monitor-only'),
      'srv/dot.yml': 'services: { a: { command: "--validator" }, b: { command: "--collator" } }\n',
      'srv/full.yml': 'services: { a: { command: "--name full" } }\n',
    },
    ...{ finds: ENGINE, exit: 3 },
    says: [
      /watchtower starts the validator by itself\n.* wt\n.*image has changed[\s\S]*docker rm -f wt, or/,
      /not understood: \/srv\/gone.yml: .* is not there; \/srv\/dot.yml: services without a container[^;]*$/m,
    ],
  },
  {
    name: 'watchtower that leaves the validator alone, a swarm, pods of a cluster, other engines, and pm2',
    files: {
      ...docker('dot', 'no', 'polkadot|--validator', undefined, {
        Config: { Labels: { 'com.centurylinklabs.watchtower.enable': 'false' } },
      }),
      ...docker('wt', 'always', '/watchtower'),
      'var/lib/docker/swarm/docker-state.json': '{}',
      ...{ 'var/lib/k0s/kubelet/pods/1f/etc-hosts': '', 'etc/nomad.d/nomad.hcl': '' },
      ...{ 'var/lib/lxc/dot/config': '', 'home/op/.pm2/dump.pm2': '[]' },
    },
    ...{ finds: [], exit: 0 },
    says: [
      /: \/var\/lib\/k0s\/kubelet\/pods: pods of .*nomad.d: jobs of .*\/swarm: services of.*\/lxc\/dot: containers.*\.pm2: programs/,
    ],
  },
  {
    name: 'without an argument: a second unit of one keystore, its timer and its cron job, and copies of the keys',
    ...{ args: [], unit: { TriggeredBy: 'standby.timer', ActiveState: 'inactive', UnitFileState: 'static' } },
    files: {
      'proc/7/cmdline': 'polkadot\0--validator\0--base-path=/srv/dot\0--rpc-port=1\0',
      // A node that does not sign needs no keys.
      'proc/8/cmdline': 'polkadot\0--chain=x\0--base-path=/srv/full\0--rpc-port=2\0',
      'proc/8/fd/9': '-> /srv/full/chains/x/db/LOCK',
      'srv/full/chains/x/keystore/.keep': '',
      'etc/systemd/system/standby.service': service('polkadot --validator --chain x --base-path /srv/dot'),
      'etc/cron.d/standby': '@hourly root systemctl start standby\n',
    },
    keys: {
      ...{ 'root/srv/dot/chains/x/keystore': ['//Alice'], 'root/srv/dot/chains/x/keystore.bak': ['//Alice'] },
      ...{ 'root/mnt/old/chains/x/keystore': ['//Alice'], 'root/opt/other': [kind('6772616e')] },
    },
    finds: ['F keystore-shared', 'E unit-second', 'E unit-started'],
    says: [
      /^Letter: F$/m,
      /^F {2}3 keystores hold .*\n.*dot\/chains\/x\/keystore, .*x\/keystore\.bak, .*old\/chains\/x\/keystore$/m,
      /mend {6}systemctl disable --now standby\.service standby\.timer$/m,
      /\/etc\/cron\.d\/standby:1: @hourly root systemctl start standby/,
      /^(?![\s\S]*\/srv\/full\/\S+ holds no key file)/,
    ],
    exit: 3,
  },
  {
    name: 'without an argument: a guard may run among the processes that are hidden',
    ...{ args: [], unit: FLAGS, keys: { 'root/d/chains/dot/keystore': ['//Alice'] } },
    files: { [HIDDEN]: '', 'etc/systemd/system/dot.service': service('polkadot --validator -d /d') },
    ...{ finds: [], exit: 0 },
    says: [/^not looked: .*--sealed/m],
  },
  {
    name: 'one key in six folders: three commands are shown',
    ...{ keys: SIX, args: IN_SIX, finds: ['F keystore-shared'], exit: 3 },
    says: [/&& shred -u \S+\/d\/\w+ and 2 more \(--all\)$/m],
  },
  {
    name: 'the same with --all',
    ...{ keys: SIX, args: ['--all', ...IN_SIX], finds: ['F keystore-shared'], exit: 3 },
    says: [/&& shred -u \S+\/f\/\w+$/m],
  },
];

for (const { name, files = {}, keys = {}, unit, args = ['--keystore', 'ks'], finds, says = [], exit } of ROWS)
  test(name, async (t) => {
    const { folder, put, setUnit, doctor } = ground(t);
    const seen = HIDDEN in files ? files : { 'proc/1/stat': '', ...files };
    for (const [path, text] of Object.entries(seen)) put(`root/${path}`, text);
    for (const [store, own] of Object.entries({ ks: ['//Alice'], ...keys })) {
      mkdirSync(join(folder, store), { recursive: true, mode: 0o700 });
      for (const file of own)
        if (file === '//Alice') writeKeystore(join(folder, store), file);
        else if (file === 'locked') {
          const names = readdirSync(writeKeystore(join(folder, store), '//Alice'));
          for (const each of names) writeFileSync(join(folder, store, each), '"//Bob"');
        } else put(join(store, file), '"//Alice"');
    }
    setUnit({ ExecStart: '', ...unit });
    const root = args.includes('--root') ? [] : ['--root', 'root'];
    const given = [...root, ...args, ...(unit && args.length > 0 ? UNIT : [])];
    const { code, stdout, stderr } = await doctor(given);
    const json = await doctor([...given, '--json']);
    assert.deepEqual([found(JSON.parse(json.stdout) as Report), code], [finds, exit], stdout + stderr);
    for (const text of says) assert.match(stdout, text);
    assert.doesNotMatch(stdout + json.stdout, /hunter2/);
  });
