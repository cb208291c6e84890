import type { Json, JsonRecord } from '../../../canonical/json.ts';
import type { Infrastructure } from '../../../network/infrastructure.ts';

/** What the module of one cluster is made from. */
export interface CloudScene {
  readonly network: string;
  readonly cluster: string;
  readonly infrastructure: Infrastructure;
  /** Ports under which peers reach nodes from outside; empty where no pool is reached. */
  readonly p2pPorts: readonly number[];
}

/** Resources by type and name, as Terraform's JSON has them, and what is printed at the end. */
export interface CloudModule {
  readonly provider: JsonRecord;
  readonly source: string;
  readonly version: string;
  readonly resource: Readonly<Record<string, Readonly<Record<string, JsonRecord>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, JsonRecord>>>>;
  readonly output: JsonRecord;
}

/** Name of everything in the cloud. */
export function cloudName({ network, cluster }: CloudScene): string {
  return `${network}-${cluster}`;
}

/** The N of `10.N.0.0/16`. */
export function secondOctet({ infrastructure }: CloudScene): string {
  return infrastructure.cidr.split('.')[1] ?? '0';
}

/** Kubernetes gives NodePorts from this range. */
export const NODE_PORTS = { from: 30000, to: 32767 } as const;

/** What the jump host runs when it starts for the first time. The key of the VPN is born there and stays. */
export function jumpScript({ infrastructure, ...scene }: CloudScene): string {
  const octet = secondOctet({ ...scene, infrastructure });
  const peers = infrastructure.wireguard.flatMap(({ name, publicKey, address }) => [
    `# ${name}`,
    '[Peer]',
    `PublicKey = ${publicKey}`,
    `AllowedIPs = ${address}`,
    '',
  ]);
  return [
    '#!/bin/sh',
    'set -eu',
    'export DEBIAN_FRONTEND=noninteractive',
    'apt-get update && apt-get install -y --no-install-recommends wireguard-tools nftables',
    'umask 077',
    'test -s /etc/wireguard/private.key || wg genkey > /etc/wireguard/private.key',
    'wg pubkey < /etc/wireguard/private.key > /etc/wireguard/public.key',
    "cat > /etc/wireguard/wg0.conf <<'WATCHBILL_END'",
    '[Interface]',
    `Address = 10.${octet}.255.1/24`,
    `ListenPort = ${infrastructure.wireguardPort}`,
    'PostUp = wg set %i private-key /etc/wireguard/private.key',
    '',
    ...peers,
    'WATCHBILL_END',
    "printf 'net.ipv4.ip_forward = 1\\n' > /etc/sysctl.d/60-watchbill.conf",
    'sysctl --system',
    "printf 'PasswordAuthentication no\\nPermitRootLogin no\\n' > /etc/ssh/sshd_config.d/60-watchbill.conf",
    'systemctl reload ssh',
    'systemctl enable --now wg-quick@wg0',
    '',
  ].join('\n');
}

/** A text of ours inside Terraform's JSON: `${` and `%{` begin an expression there. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', '%%{');
}

/** An expression of Terraform. */
export function ref(expression: string): Json {
  return `\${${expression}}`;
}
