import assert from 'node:assert/strict';
import type { Provider } from '../../../network/infrastructure.ts';
import { readNetwork } from '../../../network/read.ts';
import { IMAGE } from '../../kubernetes/fixture-networks.ts';
import { rendered } from '../rendered.ts';

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

/** The module of a boot node's cluster; `open`: peers from outside get to it. */
export function moduleOf(
  provider: Provider,
  open: boolean,
  more: object = {},
): { readonly text: string; readonly module: Module } {
  const read = readNetwork(
    JSON.stringify({
      format: 'watchbill/network/1',
      name: 'harbour',
      chain: { name: 'westend' },
      clusters: {
        main: {
          infrastructure: {
            provider,
            region: 'fsn1',
            project: 'harbour',
            machineType: 'big',
            jumpMachineType: 'small',
            jumpImage: 'Debian:debian-12:12:latest',
            cidr: '10.42.0.0/16',
            adminCidrs: ['198.51.100.0/24', '2001:db8::/32'],
            sshPublicKey:
              'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFh7DwpNhVq1QfLPEr1l1KxMEDJ0vVwDoFhyFlgA0Vt9 a',
            wireguard: [{ name: 'a', publicKey: `${'A'.repeat(43)}=`, address: '10.42.255.2/32' }],
            workers: 4,
            ...more,
          },
        },
      },
      defaults: { software: { image: IMAGE, sdk: 'stable2509' } },
      pools: {
        boot: {
          role: 'boot',
          keys: { node: { peerId: PEER } },
          ...(open ? { exposure: { p2p: 'load-balancer' } } : {}),
        },
      },
    }),
  );
  assert.ok(read.ok, JSON.stringify(read));
  const [file, ...others] = rendered(read.network, read.graph, { format: 'terraform', place: null });
  assert.equal(others.length, 0);
  assert.equal(file?.path, 'main/main.tf.json');
  return { text: file.text, module: JSON.parse(file.text) as Module };
}

export interface Module {
  readonly terraform: {
    readonly required_providers: Record<string, { readonly source: string; readonly version: string }>;
  };
  readonly provider: Record<string, unknown>;
  readonly data?: Record<string, Record<string, unknown>>;
  readonly resource: Record<string, Record<string, unknown>>;
  readonly output: Record<string, { readonly value: string }>;
}

export type Fields = Readonly<Record<string, unknown>>;

export const one = (module: Module, type: string, name = 'main'): Fields =>
  module.resource[type]?.[name] as Fields;
/** The only one of its name. */
export const block = (fields: Fields, name: string): Fields => (fields[name] as readonly Fields[])[0] ?? {};
