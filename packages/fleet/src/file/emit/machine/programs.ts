import type { MachineResource } from '../../graph/resource.ts';
import type { FleetNode, MachinePlace, Network } from '../../normalise/network.ts';
import { folder, item, NOBODY } from './item.ts';
import { programsOf } from './layout.ts';

/**
 * An executable is in a folder named by its digest: another one has another path, and the unit changes with
 * it.
 */
export function programFolder(network: Network, { settings }: FleetNode): string {
  return `${programsOf(network)}/${settings.software.binary?.sha256.slice(0, 12) ?? 'none'}`;
}

/** The executable of a node and those that must lie beside it. */
export function programs(network: Network, place: MachinePlace, node: FleetNode): readonly MachineResource[] {
  const { binary, companions, command } = node.settings.software;
  if (binary === null) return [];
  const path = programFolder(network, node);
  const top = `${place.name}/directory/${programsOf(network)}`;
  const all = { [command.split('/').at(-1) ?? command]: binary, ...companions };
  return [
    folder(place, { path, owner: 'root', group: 'root', mode: '0755' }, { subject: NOBODY, needs: [top] }),
    ...Object.entries(all).map(([name, { source, sha256 }]) =>
      item(
        place,
        {
          kind: 'binary',
          path: `${path}/${name}`,
          source,
          sha256,
          owner: 'root',
          group: 'root',
          mode: '0755',
        },
        { subject: NOBODY, needs: [`${place.name}/directory/${path}`] },
      ),
    ),
  ];
}
