import type { Act } from '../plan/plan.ts';
import type { World } from '../world/world.ts';

/** An act as one line for people. */
export function textOf(world: World, act: Act): string {
  const service = 'service' in act ? world.services[act.service]?.name : undefined;
  const node = 'node' in act ? world.nodes[act.node]?.name : undefined;
  const time = 'lastsMs' in act ? ` for ${act.lastsMs} ms` : '';
  switch (act.kind) {
    case 'crash-service':
    case 'crash-node':
      return `${service ?? node} crashes, and stays down${time}`;
    case 'pause-service':
    case 'pause-node':
      return `${service ?? node} freezes${time}`;
    case 'cut-store':
      return `the line from ${service} to the store passes ${act.way.replace('-', ' ')}${time}`;
    case 'cut-network':
      return `no message passes from ${act.from} to ${act.to}${time}`;
    case 'fill-disk':
      return `the disk of ${service} is full${time}`;
    case 'refuse-records':
      return `the store takes no record under ${act.prefix}${time}`;
    case 'step-clock':
      return `the clock of ${service} steps by ${act.byMs} ms${time}`;
    case 'observer':
      return `the second observer ${act.how === 'silent' ? 'is silent' : 'reports too high'}${time}`;
    case 'restore':
      return `a restore begins: the store is away for ${act.store ? act.outageMs : 0} ms`;
    case 'policy':
      return `the operator changes the policy of key ${act.key + 1}: ${act.change}`;
    case 'adopt':
      return `the operator adopts key ${act.key + 1} with ${act.floors} floors`;
    case 'freeze':
      return `the operator freezes key ${act.key + 1}${time}`;
    case 'remove-service':
      return `the operator replaces ${service}`;
    case 'lose-file':
      return `${node} loses what it was told, and starts again`;
    case 'new-epoch':
      return 'the operator begins a recovery: the ledger gets a new epoch';
    case 'release-report':
      return 'the operator releases every open report';
  }
}
