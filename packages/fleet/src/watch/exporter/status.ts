import { counted } from '@watchbill/kit';
import type { Look } from './look.ts';

/** The counts of one look, for a page or a script. Names are those of nodes. */
export interface FleetCounts {
  readonly nodes: {
    /** Nodes whose RPC is asked. */
    readonly asked: number;
    /** Those that reported a final head. */
    readonly answering: number;
    /** At most {@link MOST_NAMES} of the others. */
    readonly silent: readonly string[];
  };
  /** Stashes that the settings expect in the set of the chain. */
  readonly signers: {
    readonly expected: number;
    /** Known to be in the current set. */
    readonly inSet: number;
    /** Known not to be in it, at most {@link MOST_NAMES}. A signer with an unknown state is in neither. */
    readonly outside: readonly string[];
  };
}

/** The answer of `GET /status`. */
export interface FleetStatus {
  readonly network: string;
  readonly place: string;
  /** Null before the first look, and if the last one is too old. */
  readonly look: (FleetCounts & { readonly ageMs: number }) | null;
  /** The same in one sentence, for a page that links to this exporter. */
  readonly said: { readonly isWell: boolean; readonly sentence: string };
}

const MOST_NAMES = 20;
const NAMES_SAID = 3;

/** Counts the nodes and signers of a look. Pure. */
export function countsOf({ nodes }: Pick<Look, 'nodes'>): FleetCounts {
  const asked = nodes.filter(({ node }) => node !== null);
  const silent = asked.filter(({ head }) => !head.known);
  const expected = nodes.filter(({ stash, target }) => stash !== null && !target.waits);
  const isInSet = ({ stash }: (typeof nodes)[number]): boolean | null => {
    if (stash === null || !stash.facts.known) return null;
    const { inSet } = stash.facts.value;
    return inSet.known ? inSet.value : null;
  };
  const outside = expected.filter((node) => isInSet(node) === false);
  return {
    nodes: { asked: asked.length, answering: asked.length - silent.length, silent: namesOf(silent) },
    signers: {
      expected: expected.length,
      inSet: expected.filter((node) => isInSet(node) === true).length,
      outside: namesOf(outside),
    },
  };
}

function namesOf(nodes: Look['nodes']): readonly string[] {
  return nodes.slice(0, MOST_NAMES).map(({ target }) => target.name);
}

/** Null as a look: there is no recent one. A signer with an unknown state does not count as healthy. Pure. */
export function saidOf(network: string, look: FleetStatus['look']): FleetStatus['said'] {
  if (look === null) {
    const sentence = `the nodes of ${network} are unknown: the exporter has finished no recent look`;
    return { isWell: false, sentence };
  }
  const { nodes, signers, ageMs } = look;
  const [answer, are] = [nodes.asked === 1 ? 'answers' : 'answer', signers.expected === 1 ? 'is' : 'are'];
  const answering = `${nodes.answering} of ${counted(nodes.asked, 'node')} of ${network} ${answer}`;
  const inSet = `${signers.inSet} of ${counted(signers.expected, 'signer')} ${are} known to be in the set`;
  const parts = [
    nodes.asked === 0 ? `no node of ${network} is asked` : `${answering}${except(nodes.silent)}`,
    ...(signers.expected === 0 ? [] : [`${inSet}${except(signers.outside)}`]),
    `seen ${counted(Math.floor(ageMs / 1_000), 'second')} ago`,
  ];
  const isWell = nodes.asked > 0 && nodes.answering === nodes.asked && signers.inSet === signers.expected;
  return { isWell, sentence: parts.join('; ') };
}

/** For example `, not bravo-2, bravo-3, bravo-4 and 4 more`. */
function except(names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length - NAMES_SAID;
  return `, not ${names.slice(0, NAMES_SAID).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
