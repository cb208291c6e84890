import { METADATA_DENIED, quoted, userOf } from '@watchbill/fleet/emit';
import type { GatewaySite } from './sites.ts';

const FOLDERS = '/etc/watchbill-gateway';
const MOST_DRAIN_SECONDS = 30;

/** No access to the machine except the network and public files. */
const HARDENING: readonly string[] = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'PrivateUsers=yes',
  'ProtectProc=invisible',
  'ProtectHostname=yes',
  'ProtectClock=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'RestrictNamespaces=yes',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'SystemCallArchitectures=native',
  // Not MemoryDenyWriteExecute=: Node compiles in memory.
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@clock @module @mount @reboot @swap @privileged',
  'SystemCallErrorNumber=EPERM',
  // The gateway must not reach the credentials of the cloud's metadata service.
  METADATA_DENIED,
  'UMask=0077',
];

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
    // It lets what is under way be answered.
    'KillMode=mixed',
    `TimeoutStopSec=${MOST_DRAIN_SECONDS}`,
    'LimitNOFILE=65536',
    'MemoryHigh=1024M',
    '',
    '# Hardening',
    ...HARDENING,
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
