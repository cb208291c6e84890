// A packed watchbill, certificates, and an etcd of three members on booted machines.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { certificateAuthority } from '@watchbill/testkit';
import type { BootedMachine, BootedMachines } from '@watchbill/testkit/machines/booted';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const TIMEOUT_MS = 240_000;
const LOCAL = 'DNS:localhost,IP:127.0.0.1';
/** Where the machines see the package; third-party packages are in the folder beside it. */
const INSTALLED = '/opt/permit/package';
const MODULES = '/opt/permit/node_modules';

export interface PackedCommand {
  /** For `bootMachines`. */
  readonly shown: Readonly<Record<string, string>>;
  /** Two paths of the same command: one after the other is an upgrade. */
  readonly command: string;
  readonly next: string;
  remove(): void;
}

/** The npm package of this repository, with the pinned Node. */
export function packCommand(): PackedCommand {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-packed-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts/pack.mjs'), folder], {
    timeout: TIMEOUT_MS,
    stdio: 'ignore',
  });
  chmodSync(folder, 0o755);
  const bin = join(folder, 'package/bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['watchbill', 'watchbill-next'])
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\nexec ${MODULES}/node/bin/node ${INSTALLED}/bin/watchbill.mjs "$@"\n`,
      { mode: 0o755 },
    );
  return {
    shown: { [INSTALLED]: join(folder, 'package'), [MODULES]: join(ROOT, 'node_modules') },
    command: `${INSTALLED}/bin/watchbill`,
    next: `${INSTALLED}/bin/watchbill-next`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A certificate for all machines, as server and as client: `NAME.pem`, `NAME.key`, `NAME-ca.pem`. */
export function makeCertificate({ folder, machines }: BootedMachines, name: string): void {
  const names = machines.map(({ address }) => `IP:${address}`);
  certificateAuthority(folder, `${name}-ca`).issue(name, { names: [...names, LOCAL].join(',') });
}

/** One member of etcd on each machine, with TLS between them and for clients. Answers the endpoints. */
export function startEtcd(ground: BootedMachines): readonly string[] {
  makeCertificate(ground, 'etcd');
  const read = (file: string) => readFileSync(join(ground.folder, file), 'utf8');
  const cluster = ground.machines.map(({ name, address }) => `${name}=https://${address}:2380`).join(',');
  for (const machine of ground.machines) {
    const { name, address } = machine;
    const flags = [
      ...[`--name=${name}`, '--data-dir=/var/lib/etcd-test', `--initial-cluster=${cluster}`],
      `--listen-client-urls=https://${address}:2379`,
      `--advertise-client-urls=https://${address}:2379`,
      `--listen-peer-urls=https://${address}:2380`,
      `--initial-advertise-peer-urls=https://${address}:2380`,
      ...['--cert-file=/etc/etcd-test/cert', '--key-file=/etc/etcd-test/key'],
      ...['--trusted-ca-file=/etc/etcd-test/ca', '--client-cert-auth'],
      ...['--peer-cert-file=/etc/etcd-test/cert', '--peer-key-file=/etc/etcd-test/key'],
      ...['--peer-trusted-ca-file=/etc/etcd-test/ca', '--peer-client-cert-auth'],
    ];
    machine.on(`install -d -m 0700 /etc/etcd-test /var/lib/etcd-test
cat > /etc/etcd-test/cert <<'END'
${read('etcd.pem')}END
cat > /etc/etcd-test/key <<'END'
${read('etcd.key')}END
cat > /etc/etcd-test/ca <<'END'
${read('etcd-ca.pem')}END
cat > /etc/systemd/system/etcd-test.service <<'END'
[Service]
ExecStart=/usr/bin/etcd ${flags.join(' ')}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --quiet etcd-test.service
systemctl start --no-block etcd-test.service`);
  }
  return ground.machines.map(({ address }) => `https://${address}:2379`);
}

/**
 * Status of `/readyz` of the service of a machine; 0 while nothing answers. One that is only slow is there: a
 * machine on which nothing listens refuses at once.
 */
export function readyStatus({ address }: BootedMachine, ca: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(`https://${address}:8450/readyz`, { ca, timeout: 30_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(0));
    asked.end();
  });
}
