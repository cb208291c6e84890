import type { StageSize } from '../../file/network/index.ts';
import type { RolloutPort, RolloutUnit } from './port.ts';

/** One change, and the checks after it. */
export interface Move {
  readonly unit: string;
  /** Nodes of the unit that have the change after it. */
  readonly count: number;
  /** Nodes that this move changes. */
  readonly nodes: readonly string[];
  readonly pool: string;
  readonly signs: boolean;
  /**
   * Whether the checks must hold for a while, as at the end of a stage; else it is enough that they hold
   * once.
   */
  readonly soaks: boolean;
  /** In words: `rpc, stage 1 of 3`. */
  readonly stage: string;
}

/** The order of a roll-out: pools that do not sign, stage by stage; then the signers, one at a time. Pure. */
export function movesOf(units: readonly RolloutUnit[], stages: readonly StageSize[]): readonly Move[] {
  const plain = units.filter(({ signs }) => !signs);
  const pools = [...new Set(plain.map(({ pool }) => pool))];
  return [
    ...pools.flatMap((pool) =>
      poolMoves(
        pool,
        plain.filter((unit) => unit.pool === pool),
        stages,
      ),
    ),
    ...units.filter(({ signs }) => signs).map(signerMove),
  ];
}

function signerMove({ id, pool, nodes }: RolloutUnit): Move {
  if (nodes.length !== 1) throw new TypeError(`${id} signs, and is ${nodes.length} nodes`);
  return { unit: id, count: 1, nodes, pool, signs: true, soaks: true, stage: `${pool}, signer ${nodes[0]}` };
}

/** Cumulative numbers of nodes: each larger than the one before, the last one all of them. Pure. */
export function stageCounts(stages: readonly StageSize[], all: number): readonly number[] {
  const counts = stages.map((stage) =>
    typeof stage === 'number' ? stage : Math.ceil((Number.parseInt(stage, 10) * all) / 100),
  );
  const rising: number[] = [];
  for (const count of [...counts, all]) {
    const capped = Math.min(count, all);
    if (capped > (rising.at(-1) ?? 0)) rising.push(capped);
  }
  return rising;
}

function poolMoves(
  pool: string,
  units: readonly RolloutUnit[],
  stages: readonly StageSize[],
): readonly Move[] {
  const all = units.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const ends = stageCounts(stages, all);
  const moves: Move[] = [];
  let done = 0;
  for (const { id, nodes } of units) {
    let inUnit = 0;
    while (inUnit < nodes.length) {
      const at = ends.findIndex((end) => end > done);
      const end = ends[at] ?? all;
      const step = Math.min(nodes.length - inUnit, end - done);
      moves.push({
        unit: id,
        count: inUnit + step,
        nodes: nodes.slice(inUnit, inUnit + step),
        pool,
        signs: false,
        soaks: done + step === end,
        stage: `${pool}, stage ${at + 1} of ${ends.length}`,
      });
      inUnit += step;
      done += step;
    }
  }
  return moves;
}

/** Signers of the same pool, but for those that the move changes. */
export function signersBeside(
  { pool, nodes }: Pick<Move, 'pool' | 'nodes'>,
  { units, others }: Pick<RolloutPort, 'units' | 'others'>,
): readonly string[] {
  const all = [
    ...units.filter((unit) => unit.signs && unit.pool === pool).flatMap((unit) => unit.nodes),
    ...others.filter((other) => other.signs && other.pool === pool).map(({ node }) => node),
  ];
  return all.filter((node) => !nodes.includes(node));
}
