import type { SeededRandom } from '@watchbill/testkit/sim';
import { NODES, SERVICES, SESSION_TTL_MS } from '../names.ts';
import type { Feature } from './features.ts';
import type { Act, PolicyAct, PolicyChange, Step } from './plan.ts';

/** What the steps of a plan are drawn from. */
export interface Drawing {
  readonly random: SeededRandom;
  readonly features: ReadonlySet<Feature>;
  readonly services: number;
  readonly keys: number;
  readonly roughMs: number;
}

type Draw = (drawing: Drawing, lastsMs: number) => Act;

const HOUR_MS = 3_600_000;
/** By then each observer saw blocks arrive. */
const FIRST_BLOCKS_MS = 6_000;

const service = ({ random, services }: Drawing): number => random.int(0, services - 1);
const node = ({ random }: Drawing): number => random.int(0, NODES.length - 1);
const key = ({ random, keys }: Drawing): number => random.int(0, keys - 1);

const ACTS: readonly (readonly [feature: Feature, draw: Draw])[] = [
  ['crashes', (drawing, lastsMs) => ({ kind: 'crash-service', service: service(drawing), lastsMs })],
  ['crashes', (drawing, lastsMs) => ({ kind: 'crash-node', node: node(drawing), lastsMs })],
  ['pauses', (drawing, lastsMs) => ({ kind: 'pause-service', service: service(drawing), lastsMs })],
  ['pauses', (drawing, lastsMs) => ({ kind: 'pause-node', node: node(drawing), lastsMs })],
  ['cuts', drawStoreCut],
  ['cuts', drawNetworkCut],
  ['full-disks', (drawing, lastsMs) => ({ kind: 'fill-disk', service: service(drawing), lastsMs })],
  ['refused-records', drawRefusal],
  ['clock-steps', drawClockStep],
  ['observer-faults', drawObserver],
  ['policy-changes', (drawing) => drawPolicy(drawing, ['window', 'drop-node', 'delay'])],
  ['scope-changes', (drawing) => ({ ...drawPolicy(drawing, ['scope']), key: drawing.keys - 1 })],
  ['adoptions', drawAdoption],
  ['low-adoptions', drawLowAdoption],
  ['removals', (drawing) => ({ kind: 'remove-service', service: service(drawing) })],
  ['words-lost', (drawing) => ({ kind: 'lose-file', node: node(drawing) })],
  ['vouches', () => ({ kind: 'release-report' })],
  ['freezes', (drawing, lastsMs) => ({ kind: 'freeze', key: key(drawing), lastsMs: 2 * lastsMs })],
  ['new-epochs', () => ({ kind: 'new-epoch' })],
];

/** One act of the features that are on; null if none of them acts. */
export function drawAct(drawing: Drawing): Act | null {
  const { random, features } = drawing;
  const possible = ACTS.filter(([feature]) => features.has(feature));
  if (possible.length === 0) return null;
  const [, draw] = random.pick(possible);
  const lastsMs = random.chance(0.3)
    ? random.int(SESSION_TTL_MS, 3 * SESSION_TTL_MS)
    : random.int(20, SESSION_TTL_MS);
  return draw(drawing, lastsMs);
}

function drawStoreCut(drawing: Drawing, lastsMs: number): Act {
  const way = drawing.random.pick(['no-requests', 'no-answers'] as const);
  return { kind: 'cut-store', service: service(drawing), way, lastsMs };
}

function drawNetworkCut(drawing: Drawing, lastsMs: number): Act {
  const { random, services } = drawing;
  const to = random.pick(SERVICES.slice(0, services));
  const from = random.pick([...SERVICES.slice(0, services), ...NODES].filter((name) => name !== to));
  return { kind: 'cut-network', from, to, lastsMs };
}

function drawRefusal({ random }: Drawing, lastsMs: number): Act {
  const prefix = random.pick(['doubt/', 'doubt/', 'observation/', 'watch/']);
  return { kind: 'refuse-records', prefix, lastsMs: 2 * lastsMs };
}

function drawClockStep(drawing: Drawing, lastsMs: number): Act {
  const { random } = drawing;
  const byMs = random.pick([HOUR_MS, -HOUR_MS, random.int(-3_000, 3_000)]);
  return { kind: 'step-clock', service: service(drawing), byMs, lastsMs };
}

/** Once blocks were seen, the clock of a service is wrong for the rest of the faults. */
export function drawWrongClock(drawing: Drawing): readonly Omit<Step, 'id'>[] {
  if (!drawing.features.has('wrong-clocks')) return [];
  const byMs = drawing.random.fork('wrong-clocks').pick([3, 3, -3]) * HOUR_MS;
  const lastsMs = drawing.roughMs - FIRST_BLOCKS_MS;
  return [{ atMs: FIRST_BLOCKS_MS, act: { kind: 'step-clock', service: service(drawing), byMs, lastsMs } }];
}

function drawObserver({ random }: Drawing, lastsMs: number): Act {
  return { kind: 'observer', how: random.pick(['silent', 'high'] as const), lastsMs: 2 * lastsMs };
}

function drawPolicy(drawing: Drawing, changes: readonly PolicyChange[]): PolicyAct {
  return { kind: 'policy', key: key(drawing), change: drawing.random.pick(changes) };
}

function drawAdoption(drawing: Drawing): Act {
  return {
    kind: 'adopt',
    key: key(drawing),
    floors: drawing.random.pick(['right', 'right', 'too-low'] as const),
  };
}

function drawLowAdoption(drawing: Drawing): Act {
  return { kind: 'adopt', key: key(drawing), floors: drawing.random.pick(['never', 'below'] as const) };
}
