import type { ClaimRequest } from '@watchbill/duty/service';
import { randomHex } from '@watchbill/kit';
import type { Life, SeededRandom } from '@watchbill/testkit/sim';
import { CHAIN, NODES, START_MS } from '../names.ts';
import type { Feature } from '../plan/features.ts';
import type { AnswerEvent } from '../world/history.ts';
import type { World } from '../world/world.ts';
import { ask } from './claiming.ts';
import { saying } from './words.ts';

const MEAN_MS = 120;
/** Of the grants that were told last, so many are tried. */
const RECENT = 12;
const TIMEOUT_MS = 250;
/** Digest bytes of each duty that binds one. */
const DIGEST_BYTES: Readonly<Record<string, number>> = { babe: 32, grandpa: 40, beefy: 32 };

type Probe = Pick<ClaimRequest, 'part' | 'digest'> & { readonly as: string };
type Draw = (grant: AnswerEvent, random: SeededRandom) => Probe | null;

const PROBES: readonly (readonly [feature: Feature, draw: Draw])[] = [
  ['probes', otherPayload],
  ['twins', samePayload],
  ['twins', laterPart],
];

/** Another payload: the services must never grant one. */
function otherPayload({ reply: { duty, part } }: AnswerEvent, random: SeededRandom): Probe {
  return { part, digest: newDigest(duty, random), as: random.pick(NODES) };
}

/** The same payload, for another start of a machine: a seal of it would be a second signature. */
function samePayload({ reply: { part, digest } }: AnswerEvent, random: SeededRandom): Probe {
  return { part, digest, as: random.pick(NODES) };
}

/** The precommit of a round in which another node has voted: a grant would deny that node its own one. */
function laterPart({ node, reply: { part, reason, duty } }: AnswerEvent, random: SeededRandom): Probe | null {
  const as = NODES.find((name) => name !== node);
  if (part !== 'prevote' || reason !== 'new' || as === undefined) return null;
  return { part: 'precommit', digest: newDigest(duty, random), as };
}

function newDigest(duty: string, random: SeededRandom): string | null {
  const bytes = DIGEST_BYTES[duty];
  return bytes === undefined ? null : `0x${randomHex(random, bytes)}`;
}

/**
 * Claims units that were granted already, as another start of a listed node. What a run promises is tried on
 * every unit, not only on those that two nodes happen to want.
 */
export function startProber(world: World): void {
  const draws = PROBES.filter(([feature]) => world.plan.features.has(feature)).map(([, draw]) => draw);
  if (draws.length === 0) return;
  world.prober.start(async (life) => {
    const random = world.random.fork('prober');
    while (life.alive()) {
      await life.clock.sleep(random.int(10, 2 * MEAN_MS));
      // An operator who stopped the nodes stopped every signer.
      if (world.nodes.some(({ wanted }) => !wanted)) continue;
      const grants = recentGrants(world);
      if (grants.length === 0) continue;
      const grant = random.pick(grants);
      const probe = random.pick(draws)(grant, random);
      if (probe !== null) send(world, life, random, grant, probe);
    }
  });
}

function send(world: World, life: Life, random: SeededRandom, { reply }: AnswerEvent, probe: Probe): void {
  const { as, ...asked } = probe;
  const machine = world.nodes.find(({ name }) => name === as);
  const { key, duty, unit } = reply;
  const request: ClaimRequest = {
    claimId: randomHex(random, 8),
    ...{ chain: CHAIN, key, duty, unit },
    ...asked,
    incarnation: randomHex(random, 16),
    timeoutMs: TIMEOUT_MS,
    ...(random.chance(0.3) && machine !== undefined ? saying(machine, `${CHAIN}/${key}/${duty}`) : {}),
  };
  const index = random.int(0, world.services.length - 1);
  void ask({ world, life }, index, { op: 'claim', request, as }, TIMEOUT_MS);
}

function recentGrants(world: World): readonly AnswerEvent[] {
  const found: AnswerEvent[] = [];
  const events = world.history.events();
  for (let index = events.length - 1; index >= 0 && found.length < RECENT; index--) {
    const event = events[index];
    if (event?.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    if (event.reply.part !== 'enter' && event.via !== 'probe' && event.atMs > START_MS) found.push(event);
  }
  return found;
}
