import fc from 'fast-check';
import { ROLES, type Role } from '../../graph/resource.ts';
import { fileText, PROGRAMS } from '../../testing/networks.ts';

const PLACES = ['east', 'iron', 'west'] as const;
const IMAGES = ['aa', 'bb', 'cc'].map((byte) => `node@sha256:${byte.repeat(32)}`);
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

interface PoolSketch {
  readonly role: Role;
  readonly counts: readonly number[];
  readonly image: number;
  readonly peers: number;
  readonly chainGiB: number;
  readonly seeds: number | null;
  readonly gated: boolean;
  readonly service: number;
  /** Places of nodes with keys of a Secret: a cluster, a machine, or both. */
  readonly seededAt: readonly ('east' | 'iron')[];
  readonly scaled: boolean;
}

const sketch: fc.Arbitrary<PoolSketch> = fc.record({
  role: fc.constantFrom(...ROLES.filter((role) => role !== 'collator' && role !== 'boot')),
  counts: fc.tuple(fc.nat(3), fc.nat(1), fc.nat(2)),
  image: fc.nat(2),
  peers: fc.integer({ min: 20, max: 22 }),
  chainGiB: fc.constantFrom(100, 200),
  seeds: fc.option(fc.nat(2)),
  gated: fc.boolean(),
  service: fc.nat(1),
  seededAt: fc.constantFrom(['east'] as const, ['iron'] as const, ['east', 'iron'] as const),
  scaled: fc.boolean(),
});

/**
 * Texts of network files of one network on two clusters and a machine: pools come and go, grow, shrink, move,
 * and the Secrets of signers go round. Not all are allowed: some would share keys, or scale signers.
 */
export const networkText: fc.Arbitrary<string> = fc
  .record({
    pools: fc.array(sketch, { minLength: 1, maxLength: 3 }),
    boots: fc.nat(1),
    twins: fc.nat(3).map((draw) => draw === 0),
  })
  .map(({ pools, boots, twins }) =>
    fileText({
      name: 'tide',
      clusters: { east: {}, west: { context: 'west' } },
      machines: { iron: { host: '192.0.2.7' } },
      defaults: { software: { ...PROGRAMS, image: IMAGES[0] } },
      pools: {
        ...Object.fromEntries(
          (twins ? pools.map(asTwin) : pools).map((pool, index) => [`pool-${index}`, poolOf(pool, index)]),
        ),
        ...(boots === 0 ? {} : { boots: { role: 'boot', place: 'east', keys: { node: { peerId: PEER } } } }),
      },
    }),
  );

/** A node of it, in a cluster or on a machine, has keys that others have too, and asks before it signs. */
function asTwin(pool: PoolSketch): PoolSketch {
  const counts = pool.counts.map((count, at) =>
    pool.seededAt.some((place) => PLACES[at] === place) ? Math.max(1, count) : count,
  );
  return { ...pool, role: 'validator', seeds: 0, gated: true, scaled: false, counts };
}

function poolOf(
  { role, counts, image, peers, chainGiB, seeds, gated, service, seededAt, scaled }: PoolSketch,
  index: number,
): unknown {
  const base = 30_400 + 100 * index;
  const places = Object.fromEntries(PLACES.map((place, at) => [place, counts[at] ?? 0]));
  const session = {
    source: 'secret',
    secret: `seed-${seeds}-of-${index}`,
    set: `seed-${seeds}`,
    types: { babe: 'sr25519' },
  };
  const duty = gated ? { services: [`https://watch-${service}:8443`], secret: '{node}-duty' } : null;
  return {
    role,
    places,
    software: { image: IMAGES[image] },
    flags: { 'out-peers': peers },
    storage: { chainGiB },
    ports: { p2p: base, rpc: base + 20, metrics: base + 40 },
    ...(scaled ? { autoscale: { by: 'cpu', min: 1, max: 3, target: 80, prometheus: null } } : {}),
    // Nodes of the pool have keys of a Secret that another pool, or this one at another place, may name too.
    ...(seeds === null || role !== 'validator'
      ? {}
      : {
          instances: Object.fromEntries(
            seededAt
              .filter((place) => (places[place] ?? 0) > 0)
              .map((place) => [`${place}-0`, { keys: { session }, duty }]),
          ),
        }),
  };
}
