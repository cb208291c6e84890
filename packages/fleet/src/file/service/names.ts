import { kubernetesId } from '../emit/kubernetes/names.ts';
import { unitName } from '../emit/machine/layout.ts';
import type { Network } from '../normalise/network.ts';

/** Ids of the StatefulSet of the services, or of their units on machines. Empty without a service. */
export function serviceWorkloads({ name, service, places }: Network): readonly string[] {
  if (service === null) return [];
  const ids = service.members.flatMap((member) => {
    const place = places.get(member.place);
    if (place === undefined) return [];
    return place.target === 'machine'
      ? [`${place.name}/unit/${unitName(name, member.name)}`]
      : [kubernetesId(place, 'StatefulSet', service.name)];
  });
  return [...new Set(ids)];
}
