import { peerIdOf } from '@watchbill/fleet/file';

/** Nodes by pool; all but the RPC nodes have a set or a unit of their own. */
const POOLS = { validators: 300, archive: 350, boot: 50, rpc: 300 } as const;
export const NODES = Object.values(POOLS).reduce((sum, count) => sum + count, 0);
const CLUSTERS = ['east', 'north', 'south', 'west'] as const;
const INSTANCES_EVERY = 10;

/** A network file of 1,000 nodes in four clusters; every tenth single node has settings of its own. */
export function networkText(image: string): string {
  const spread = (count: number) =>
    Object.fromEntries(
      CLUSTERS.map((name, at) => [name, Math.floor((count + CLUSTERS.length - 1 - at) / CLUSTERS.length)]),
    );
  const each = (count: number, make: (place: string, index: number) => unknown, every = 1) =>
    Object.fromEntries(
      Object.entries(spread(count)).flatMap(([place, own]) =>
        Array.from({ length: own }, (_, index) => index)
          .filter((index) => index % every === 0)
          .map((index) => [`${place}-${index}`, make(place, index)]),
      ),
    );
  const larger = () => ({ resources: { cpu: 6 } });
  let boots = 0;
  const known = () => ({
    keys: { node: { source: 'secret', secret: '{node}', peerId: peerIdOf(keyOf(boots++)) } },
  });
  return JSON.stringify({
    format: 'watchbill/network/1',
    name: 'thousand',
    chain: { name: 'westend' },
    clusters: Object.fromEntries(CLUSTERS.map((name) => [name, { context: name }])),
    defaults: { software: { image: `node@sha256:${image.repeat(32)}`, sdk: 'stable2509' } },
    pools: {
      validators: {
        role: 'validator',
        places: spread(POOLS.validators),
        instances: each(POOLS.validators, larger, INSTANCES_EVERY),
      },
      archive: {
        role: 'archive',
        places: spread(POOLS.archive),
        instances: each(POOLS.archive, larger, INSTANCES_EVERY),
      },
      boot: { role: 'boot', places: spread(POOLS.boot), instances: each(POOLS.boot, known) },
      rpc: { role: 'rpc', places: spread(POOLS.rpc) },
    },
  });
}

function keyOf(index: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, index + 1);
  return key;
}
