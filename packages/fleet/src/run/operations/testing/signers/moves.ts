import { MACHINES, type MachineName } from './file.ts';
import { cloneOf, scrap } from './machine.ts';
import type { Simulation } from './simulation.ts';
import { signsForOthers } from './theirs.ts';

/** `replaced`: a clone takes the address over, and the machine runs on at an unknown one. */
export type Move = 'both' | 'only' | 'clone' | 'replaced';

/** The file gets another address for a machine: of the machine itself, or of one with its machine id. */
export function moveMachine(sim: Simulation, name: MachineName, how: Move): string {
  const { world, file } = sim;
  const before = file.hosts[name];
  const machine = world.hosts.get(before) ?? null;
  if (machine === null) return 'nothing answers there';
  const isCopied = how === 'replaced' || how === 'clone';
  if (isCopied && signsForOthers(machine)) return 'no tool would see the signer of its original';
  const host = `192.0.2.${world.hosts.size + 1}`;
  if (how === 'replaced') {
    const clone = cloneOf(machine, `${name}-${world.machines.length}`);
    world.machines.push(clone);
    world.hosts.set(before, clone).set(host, machine);
    return `${before} is a clone`;
  }
  const next = how === 'clone' ? cloneOf(machine, `${name}-${world.machines.length}`) : machine;
  if (how === 'clone') world.machines.push(next);
  if (how === 'only') world.hosts.set(before, null);
  world.hosts.set(host, next);
  sim.file = { ...file, hosts: { ...file.hosts, [name]: host } };
  return `${before} to ${host}`;
}

/** Machines that the file does not name go for good. */
export function scrapOld({ world, file }: Simulation): string {
  const named = MACHINES.map((name) => world.hosts.get(file.hosts[name]));
  const old = world.machines.filter((one) => !named.includes(one));
  for (const one of old) scrap(one);
  return `${old.length} are gone`;
}
