import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { developmentChain } from './chain.ts';
import { type Trial, trial } from './testing/trial.ts';
import { upLocal } from './up.ts';

const BOOT_NODE = '/dns/boot.example.org/tcp/30333/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf';
const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

function assertNothingMade(one: Trial): void {
  assert.ok(!existsSync(join(one.folder, 'state')));
  assert.equal(one.calls(), '');
}

test('a seed that is not a development seed is refused first, and is in no message', async (t) => {
  const seeds = [
    PHRASE,
    `${PHRASE}//1`,
    `0x${'ab'.repeat(32)}`,
    '//Alice///password',
    `//${'ab'.repeat(16)}`,
    '',
  ];
  for (const seed of seeds) {
    const one = trial(t);
    writeFileSync(join(one.folder, 'secrets/validators-here-1-keys/babe'), seed);
    await assert.rejects(one.up(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'keys');
      assert.match(error.message, /the babe seed of validators-here-1 is not a development seed/);
      assert.ok(seed === '' || !error.message.includes(seed));
      return true;
    });
    assertNothingMade(one);
  }
  // The control: with a development seed the same network starts.
  await trial(t).up();
});

test('a live chain is refused by its name', async (t) => {
  for (const name of ['polkadot', 'kusama', 'westend', 'paseo', 'rococo', 'asset-hub-paseo', 'any']) {
    const one = trial(t);
    await assert.rejects(one.up({ ...one.network(), chain: { name } }), {
      code: 'spec',
      message: new RegExp(name),
    });
    assertNothingMade(one);
  }
  for (const name of ['dev', 'local', 'westend-local', 'kusama-dev'])
    assert.deepEqual(developmentChain({ ...trial(t).network(), chain: { name } }, new Map(), false), {
      name,
    });
});

/** A network whose chain is a specification. */
function ofSpec(one: Trial, spec: object, withoutBootNodes = false) {
  const text = JSON.stringify(spec);
  const network = { ...one.network(), chain: { spec: { file: 'chain.json', sha256: '' } } };
  return { network, files: new Map([['chain.json', text]]), withoutBootNodes };
}

const GOOD = { id: 'trial', chainType: 'Local', bootNodes: [] };

test('a specification of a live chain is refused, and so is one whose boot nodes would be dialled', async (t) => {
  const one = trial(t);
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ ...GOOD, chainType: 'Live' }, /chainType "Live"/],
    [{ id: 'trial' }, /chainType "Live"/],
    [{ ...GOOD, chainType: { Custom: 'x' } }, /chainType \{"Custom":"x"\}/],
    [{ ...GOOD, id: 'ksmcc3' }, /id ksmcc3/],
    [{ ...GOOD, id: 'paseo' }, /id paseo/],
    [{ ...GOOD, id: 'westend2' }, /id westend2/],
    [{ ...GOOD, bootNodes: [BOOT_NODE] }, /boot nodes, which the nodes would dial: .dns.boot/],
    [[], /not a JSON object/],
  ];
  for (const [spec, wanted] of cases) {
    const { network, files, withoutBootNodes } = ofSpec(one, spec);
    assert.throws(() => developmentChain(network, files, withoutBootNodes), wanted, JSON.stringify(spec));
  }
  // Leaving the boot nodes out does not make a live chain one for development.
  for (const spec of [
    { ...GOOD, chainType: 'Live' },
    { ...GOOD, id: 'polkadot' },
  ]) {
    const { network, files } = ofSpec(one, spec);
    assert.throws(() => developmentChain(network, files, true), { code: 'spec' });
  }
});

test('a live chain is refused by its first block, even with another id and type', async (t) => {
  const one = trial(t);
  const stateRootHash = '0x29d0d972cd27cbc511e9589fcb7a4506d5eb6a9e8df205f00472e5ab354a4e17';
  const spec = { ...GOOD, genesis: { stateRootHash } };
  for (const isWithout of [true, false]) {
    const { network, files } = ofSpec(one, spec);
    assert.throws(() => developmentChain(network, files, isWithout), {
      code: 'spec',
      message: /has the genesis of Polkadot \(block 0 is 0x91b171bb.*\), under the id "trial"/,
    });
  }
  // The control: another first block.
  const other = ofSpec(one, { ...spec, genesis: { stateRootHash: stateRootHash.replace('0x29', '0x2a') } });
  assert.ok('text' in developmentChain(other.network, other.files, false));
});

test('a pool that asks the service of its file does not start here, and the message has the remedy', async (t) => {
  const one = trial(t);
  const network = one.network();
  const asking = network.pools.map((pool) => ({
    ...pool,
    nodes: pool.nodes.map((node) => ({
      ...node,
      settings: {
        ...node.settings,
        duty: {
          service: 'watch',
          services: ['https://watch-0.watch.nodes.svc:8443'],
          secret: 'd',
          ca: false,
          node: 'n',
        },
      },
    })),
  }));
  await assert.rejects(one.up({ ...network, pools: asking as unknown as typeof network.pools }), {
    code: 'start',
    message:
      /it asks the service watch, which the file deploys to a cluster or to machines, but not to this machine/,
  });
  assertNothingMade(one);
});

test('nodes get a specification without boot nodes and telemetry, also in a folder that has an older one', async (t) => {
  const one = trial(t);
  const spec = { ...GOOD, bootNodes: [BOOT_NODE], telemetryEndpoints: [['wss://example.org', 0]] };
  const options = { ...one.input(), ...ofSpec(one, spec, true), tell: () => undefined };
  await (await upLocal(options)).stop(2_000);
  const file = join(one.folder, 'state/chain-spec.json');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { ...GOOD, telemetryEndpoints: null });
  writeFileSync(file, JSON.stringify(spec));
  await (await upLocal(options)).stop(2_000);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /example/);
});
