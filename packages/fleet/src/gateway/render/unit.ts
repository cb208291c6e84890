import { quoted, SERVICE_HARDENING } from '@watchbill/kit/systemd';
import { userOf } from '../../file/emit/index.ts';
import type { GatewaySite } from './sites.ts';

const FOLDERS = '/etc/watchbill-gateway';
const MOST_DRAIN_SECONDS = 30;

/** Files of a machine, by their path under its root. `program`: how `watchbill` is started there. */
export function machineFiles(
  site: GatewaySite,
  settings: string,
  program: string,
): ReadonlyMap<string, string> {
  const { network, pool, name } = site;
  const unit = `watchbill-gateway-${name}`;
  const user = userOf(network, { name: `${pool.name}-gateway` });
  const folder = `${FOLDERS}/${name}`;
  const lines = [
    '[Unit]',
    `Description=${network.name}: RPC gateway of ${pool.name}`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=simple',
    `User=${user}`,
    `Group=${user}`,
    `ExecStart=${quoted([program, 'fleet', 'gateway', 'run', '--config', `${folder}/gateway.yaml`])}`,
    'Restart=always',
    'RestartSec=5',
    // Requests under way are answered first.
    'KillMode=mixed',
    `TimeoutStopSec=${MOST_DRAIN_SECONDS}`,
    'LimitNOFILE=65536',
    'MemoryHigh=1024M',
    '',
    '# Hardening',
    ...SERVICE_HARDENING,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ];
  return new Map([
    [`etc/systemd/system/${unit}.service`, lines.join('\n')],
    [
      `etc/sysusers.d/${unit}.conf`,
      `u ${user} - "RPC gateway of ${pool.name} of ${network.name}" / /usr/sbin/nologin\n`,
    ],
    // Files that root creates in it, such as keys, get the gateway's group.
    [`etc/tmpfiles.d/${unit}.conf`, `d ${FOLDERS} 0755 root root -\nd ${folder} 2750 root ${user} -\n`],
    [`${folder.slice(1)}/gateway.yaml`, settings],
  ]);
}
