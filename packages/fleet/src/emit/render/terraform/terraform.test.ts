import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROVIDERS, type Provider } from '../../../network/infrastructure.ts';
import { readNetwork } from '../../../network/read.ts';
import { IMAGE } from '../../kubernetes/fixture-networks.ts';
import { rendered } from '../rendered.ts';
import { literal } from './scene.ts';

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

function moduleOf(provider: Provider, open: boolean): { readonly text: string; readonly module: Module } {
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

interface Module {
  readonly terraform: {
    readonly required_providers: Record<string, { readonly source: string; readonly version: string }>;
  };
  readonly provider: Record<string, unknown>;
  readonly data?: Record<string, Record<string, unknown>>;
  readonly resource: Record<string, Record<string, unknown>>;
  readonly output: Record<string, { readonly value: string }>;
}

for (const provider of PROVIDERS) {
  test(`${provider}: every reference leads to a resource of the module`, () => {
    const { text, module } = moduleOf(provider, true);
    const references = [
      ...text.matchAll(/(?<!\$)\$\{(?:base64encode\()?((?:data\.)?[a-z0-9_]+)\.([a-z0-9_]+)[.[]/g),
    ];
    assert.ok(references.length > 3);
    for (const [, type = '', name = ''] of references) {
      if (type === 'count') continue;
      const found = type.startsWith('data.') ? module.data?.[type.slice(5)] : module.resource[type];
      assert.ok(found?.[name] !== undefined, `${type}.${name}`);
    }
    const [local] = Object.keys(module.terraform.required_providers);
    assert.deepEqual(Object.keys(module.provider), [local]);
    const prefixes = new Set(Object.keys(module.resource).map((type) => type.split('_')[0]));
    assert.equal(prefixes.size, 1, 'resources of one provider');
  });

  test(`${provider}: a jump host with the VPN is the way in, and ssh is open to administrators alone`, () => {
    const { text, module } = moduleOf(provider, false);
    assert.ok(
      text.includes('wg genkey > /etc/wireguard/private.key'),
      'the key of the VPN is born on the jump host',
    );
    assert.ok(!/PrivateKey =/.test(text));
    assert.ok(module.output.jump_host !== undefined);
    assert.ok(text.includes('198.51.100.0/24'));
    for (const rule of rulesWithPort(module, 22)) assert.ok(!/0\.0\.0\.0\/0|"::\/0"/.test(rule), rule);
    assert.ok(rulesWithPort(module, 22).length > 0);
    assert.ok(!/99(44|33)/.test(JSON.stringify(module.resource)), 'no port of an RPC is opened');
  });

  test(`${provider}: peers get in only where a pool is reached from outside`, () => {
    assert.ok(!moduleOf(provider, false).text.includes('30333'));
    assert.ok(moduleOf(provider, true).text.includes('30333'));
  });

  test(`${provider}: the module is the same each time`, () => {
    assert.equal(moduleOf(provider, true).text, moduleOf(provider, true).text);
  });
}

/** Texts of the smallest objects that open a port. */
function rulesWithPort(value: unknown, port: number): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap((one) => rulesWithPort(one, port));
  if (inner.length > 0)
    return inner.length === 1 && 'source_ranges' in value ? [JSON.stringify(value)] : inner;
  const own = Object.entries(value).some(
    ([key, one]) => /port/.test(key) && (one === port || JSON.stringify(one).includes(`"${port}"`)),
  );
  return own ? [JSON.stringify(value)] : [];
}

test('a text of ours is no expression of Terraform', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how it begins there
  assert.equal(literal('a ${b} %{c}'), 'a $${b} %%{c}');
});
