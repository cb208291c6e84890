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
}

const MOST_NAMES = 20;

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
