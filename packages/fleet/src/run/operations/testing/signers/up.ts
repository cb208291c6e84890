import { fault } from '@watchbill/kit';
import { isDevelopmentSeed } from '../../../secrets/value.ts';
import { livesElsewhere } from '../../local-start.ts';
import { publicKey, seedOf } from './claims.ts';
import type { Up } from './commands.ts';
import { POOLS, type PoolName } from './file.ts';
import { operatorAt } from './signers-ports.ts';
import type { Simulation } from './simulation.ts';

/** Runs the nodes of the file on the computer of an operator, if the rules of `fleet up --local` allow it. */
export async function up(sim: Simulation, { operator, seeds }: Up): Promise<string> {
  const { memory } = operatorAt(sim, operator);
  const elsewhere = await livesElsewhere(memory, 'net');
  if (elsewhere !== null) throw fault('elsewhere', 'denied', elsewhere);
  const pools = POOLS.filter((pool) => sim.file.signers[pool] !== undefined);
  // All operators may know a development seed, so each has separate ones here.
  const textOf = (pool: PoolName) =>
    seeds === 'real' ? seedOf(POOLS.indexOf(pool)) : `//Alice//${operator}//${pool}`;
  if (pools.some((pool) => !isDevelopmentSeed(Buffer.from(textOf(pool)))))
    throw fault('keys', 'denied', { what: 'a seed is not one of development', remedy: 'put another one' });
  for (const pool of pools) {
    const key = publicKey(textOf(pool));
    sim.world.local.set(`${operator} ${pool}`, key === null ? [] : [key]);
  }
  return `${pools.length} nodes run on the computer of operator ${operator}`;
}
