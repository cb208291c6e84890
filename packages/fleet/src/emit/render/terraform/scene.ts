import type { Json, JsonRecord } from '@watchbill/base';
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

/** Where the jump host and its VPN put their peers. Nothing else of the network is given addresses from here. */
export function vpnRange(scene: CloudScene): string {
  return `10.${secondOctet(scene)}.255.0/24`;
}

/** A text of ours inside Terraform's JSON: `${` and `%{` begin an expression there. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', '%%{');
}

/** An expression of Terraform. */
export function ref(expression: string): Json {
  return `\${${expression}}`;
}
