import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PURPOSES, TOPOLOGIES } from '../../service/index.ts';
import { world } from '../testing/fake-world.ts';

const NOMINATOR = ['--nominator', 'west 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty'];
/** The files that one command makes, by network. */
const NETWORKS = {
  kusama: ['--network', 'kusama', ...NOMINATOR],
  polkadot: ['--network', 'polkadot', ...NOMINATOR],
  local: ['--example'],
} as const;

interface Printed {
  readonly purpose: string;
  readonly send: boolean;
  readonly workers?: object;
  readonly database: object;
  readonly chains: object;
  readonly jobs: { readonly everySeconds: object };
  readonly listen: { readonly host: string };
}

for (const [network, flags] of Object.entries(NETWORKS))
  for (const topology of TOPOLOGIES)
    for (const purpose of PURPOSES)
      test(`ready for ${network}, ${topology}, ${purpose}: one command makes what \`run\` takes as it is`, async () => {
        const { json, nominate } = await world(null);
        await json('init', ...flags, '--topology', topology, '--purpose', purpose);
        const printed = (await json('run', '--print-config')) as unknown as Printed;
        assert.equal(printed.send, false, 'a nomination is sent only after a person allows it');
        assert.equal(printed.listen.host, '127.0.0.1', 'nothing listens to strangers by default');
        assert.equal(printed.workers !== undefined, topology === 'workers');
        assert.equal('recorded' in printed.chains, network === 'local');
        // The example is there to be watched.
        const isOften = network === 'local' || purpose === 'development';
        assert.equal(printed.purpose, isOften ? 'development' : 'production');
        assert.equal(Object.keys(printed.jobs.everySeconds).length > 0, isOften);
        const isLarge = topology === 'workers' && !isOften;
        assert.equal('urlFile' in printed.database, isLarge, 'workers share a database for many writers');
        const asText = await nominate('run', '--print-config');
        assert.equal(asText.code, 0, asText.stderr);
        assert.match(asText.stdout, /^version: 1$/m);
      });
